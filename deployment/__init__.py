"""What brings the app into a subscription, and looks before it does. Not deployed itself.

checks.py      what is wrong with the templates in infra/ (./dev check)
entra.py       the registration in Entra (./dev entra)
secrets.py     the vault's secrets (./dev secrets, and azd after it has made the infrastructure)
preflight.py   a look around, and then azd (./dev deploy)
package.py     what is uploaded, and its bill of materials (./dev package)
audit.py       known vulnerabilities of it (./dev audit)
costs.py       what it costs in a month
"""
