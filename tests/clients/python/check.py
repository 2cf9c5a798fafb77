"""pyconnectwise, unchanged, against the sandbox: argument 1 is the line that says how to reach it.

It finds the codebase by itself, takes the links of paged lists apart and reads every record into
typed models, so that whatever the sandbox gets wrong in those shows here.
"""

import json
import sys
import urllib.request
from urllib.parse import urlsplit

from pyconnectwise import ConnectWiseManageAPIClient
from pyconnectwise.exceptions import (
    AuthenticationFailedException,
    MalformedRequestException,
    NotFoundException,
    PermissionsFailedException,
)

reach = json.loads(sys.argv[1])


def client(private_key):
    return ConnectWiseManageAPIClient(
        company_name=reach["company_id"],
        manage_url=urlsplit(reach["url"]).netloc,
        client_id=reach["client_id"],
        public_key=reach["public_key"],
        private_key=private_key,
    )


def order(fault):
    """Orders a fault at the sandbox's control port."""
    body = json.dumps(fault).encode()
    urllib.request.urlopen(urllib.request.Request(reach["control_url"] + "/faults", body)).close()


def refused(kind, call):
    try:
        call()
    except kind as refusal:
        return refusal
    raise AssertionError(f"{kind.__name__} is expected")


psa = client(reach["private_key"])
assert psa.codebase == "v2025_8/", psa.codebase
assert psa.system.info.get().version.startswith("v2025.8")

# Pages: every company once, forwards by the links and back again.
total = psa.company.companies.count.get().count
pages = psa.company.companies.paginated(1, 100)
companies = list(pages.all())
ids = [company.id for company in companies]
assert total > 200 and len(ids) == len(set(ids)) == total, (total, len(ids))
second = psa.company.companies.paginated(2, 100)
assert second.has_prev_page and second.prev_page == 1 and second.last_page == -(-total // 100)
assert [company.id for company in second.get_previous_page().data] == ids[:100]

# Conditions, ordering, parts of records.
found = psa.company.companies.get(params={"conditions": 'name like "Joe%" and deletedFlag=false'})
assert [company.name for company in found] == ["Joe TV Repair"], found
joe = found[0].id
assert psa.company.companies.count.get(params={"conditions": f"id in ({ids[0]},{ids[1]})"}).count == 2
named = psa.company.companies.get(params={"fields": "id,identifier,name", "orderBy": "name desc", "pageSize": 5})
assert [one.name for one in named] == sorted((one.name for one in named), reverse=True)
assert all(one.identifier and one.city is None for one in named)

# Every list that the client knows and the sandbox plays, into typed models, with what hangs below the
# first record of each.
read = {}


def sweep(endpoint, path, depth=0):
    for name, child in list(vars(endpoint).items()):
        # Usages and the like are no lists; of what has no path in the sandbox there is a page to say so.
        if name.startswith("_") or not hasattr(child, "endpoint_base") or name == "quantity_on_hand":
            continue
        below = f"{path}/{name}"
        if hasattr(child, "paginated") and hasattr(child, "id"):
            try:
                rows = child.get(params={"pageSize": 200})
            except NotFoundException:
                continue
            read[below] = len(rows)
            if rows and hasattr(rows[0], "id") and depth < 3:
                one = child.id(rows[0].id)
                one.get()
                sweep(one, f"{below}/id", depth + 1)
        sweep(child, below, depth)


for section in ("company", "finance", "procurement", "service", "system"):
    sweep(getattr(psa, section), section)
filled = sorted(path for path, count in read.items() if count)
assert len(filled) >= 30 and "service/boards/id/statuses" in filled, filled

# A ticket's life.
tickets = psa.service.tickets
ticket = tickets.post({"summary": "Backup failed", "company": {"id": joe}})
assert ticket.id and ticket.company.name == "Joe TV Repair" and ticket.board.name, ticket
assert psa.company.companies.id(joe).get().name == ticket.company.name
changed = tickets.id(ticket.id).patch([{"op": "replace", "path": "summary", "value": "Backup failed again"}])
assert changed.id == ticket.id and changed.summary == "Backup failed again"
note = tickets.id(ticket.id).notes.post({"text": "Seen", "internalAnalysisFlag": True})
assert note.internal_analysis_flag and [n.text for n in tickets.id(ticket.id).notes.get()] == ["Seen"]
tickets.id(ticket.id).delete()
gone = refused(NotFoundException, lambda: tickets.id(ticket.id).get())
assert json.loads(gone.details())["code"] == "NotFound", gone.details()

# An agreement's addition.
agreement = psa.finance.agreements.get(params={"conditions": 'company/name = "Joe TV Repair"'})[0]
additions = psa.finance.agreements.id(agreement.id).additions
product = psa.procurement.catalog.get(params={"pageSize": 1, "orderBy": "id asc"})[0]
addition = additions.post({"product": {"id": product.id}, "quantity": 3, "billCustomer": "Billable"})
assert addition.quantity == 3 and addition.product.identifier == product.identifier
more = additions.id(addition.id).patch([{"op": "replace", "path": "quantity", "value": 4.5}])
assert more.quantity == additions.id(addition.id).get().quantity == 4.5
additions.id(addition.id).delete()
assert addition.id not in [one.id for one in additions.get()]

# Refusals.
missing = refused(MalformedRequestException, lambda: tickets.post({"summary": "Whose?"}))
errors = json.loads(missing.details())["errors"]
assert [(e["code"], e["field"].split("/")[0]) for e in errors] == [("MissingRequiredField", "company")], errors
refused(MalformedRequestException, lambda: tickets.get(params={"conditions": "summary ="}))
order({"kind": "status-403", "method": "GET", "path": "/service/tickets"})
forbidden = refused(PermissionsFailedException, lambda: tickets.get())
assert json.loads(forbidden.details())["code"] == "Security", forbidden.details()
stranger = client("wrong")
refused(AuthenticationFailedException, lambda: stranger.system.info.get())

print(f"pyconnectwise: {total} companies in pages, {len(filled)} kinds of records read; tickets, notes, additions, refusals as expected")
