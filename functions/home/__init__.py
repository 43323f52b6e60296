"""The start page, health, the stylesheet and the page of refusals.

Promise: whoever is lost finds the next step here.
"""
