"""What brings the app into a subscription, and looks before it does. Not deployed itself.

checks.py      what is wrong with the templates in infra/ (./dev check):
  templates.py   reads them
  rules.py       what must hold of every template
  agreement.py   where templates and code name the same things (product.py: what the code has)
entra.py       the registration in Entra (./dev entra)
vault.py       the vault's secrets (./dev secrets, and azd after it has made the infrastructure)
preflight.py   a look around, and then azd (./dev deploy)
package.py     what is uploaded, and its bill of materials (./dev package)
audit.py       known vulnerabilities of it (./dev audit)
costs.py       what it costs in a month
forget.py      what is kept of one organization, and removing it (./dev forget)
move.py        all that is kept, into another region's storage account (./dev move)
accounts.py    storage accounts, opened as whoever is signed in
cli.py         az and azd, started as programs
"""
