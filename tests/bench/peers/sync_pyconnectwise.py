"""The same sync with pyconnectwise: quantities, invoice descriptions and backup statistics from the portal's exports.

Arguments: the line that says how to reach the sandbox, and the folder of the exports. Written as well as the library
allows: lists in pages of a thousand, eight requests at once, and only what differs is written. It has no memory, no
guards and no journal.
"""

import csv
import json
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from pyconnectwise import ConnectWiseManageAPIClient

SERVICES = {
    "Online Backup Select Storage": "Select Online Backup Storage",
    "ShadowProtect BDR Storage": "ShadowProtect BDR Storage",
    "Online Backup # Servers": "Online Backup # Servers",
    "Online Backup # Desktops": "Online Backup # Desktops",
}

reach, folder = json.loads(sys.argv[1]), Path(sys.argv[2])
psa = ConnectWiseManageAPIClient(
    company_name=reach["company_id"],
    manage_url=urlsplit(reach["url"]).netloc,
    client_id=reach["client_id"],
    public_key=reach["public_key"],
    private_key=reach["private_key"],
)

used = defaultdict(lambda: defaultdict(list))
with open(folder / "accounts.csv", newline="") as accounts:
    for row in csv.DictReader(accounts):
        for service in SERVICES.values():
            if row[service]:
                used[f"EFS-{row['CID']}"][service].append((row["User Name"], Decimal(row[service])))
jobs = defaultdict(lambda: [0, 0])
with open(folder / "events.csv", newline="") as events:
    for row in csv.DictReader(events):
        jobs[f"EFS-{row['CID']}"][row["Severity"] != "OK"] += 1


def total(managed_id, service):
    return sum((amount for _, amount in used[managed_id][service]), Decimal(0))


def operations(wanted, record):
    """What makes a record say what is wanted; a zero that is not there is zero."""
    known = record.model_dump(by_alias=True)
    differs = {name: value for name, value in wanted.items() if (known.get(name) or 0) != value}
    return [{"op": "replace", "path": name, "value": value} for name, value in differs.items()]


def bill(agreement):
    additions = psa.finance.agreements.id(agreement.id).additions
    for addition in additions.paginated(1, 1000).all():
        service = SERVICES.get(addition.product.identifier)
        if addition.serial_number not in used or service not in used[addition.serial_number]:
            continue
        parts = used[addition.serial_number][service]
        wanted = {
            "quantity": float(total(addition.serial_number, service)),
            "invoiceDescription": "; ".join(f"{name}: {amount}" for name, amount in parts),
        }
        if changes := operations(wanted, addition):
            additions.id(addition.id).patch(changes)


def report(company):
    reports = psa.company.companies.id(company.id).management_summary_reports
    for entry in reports.paginated(1, 1000).all():
        managed_id = entry.group_identifier
        if managed_id not in used:
            continue
        successful, failed = jobs[managed_id]
        wanted = {
            "BackupStats": {"successfulBackupJobs": successful, "failedBackupJobs": failed},
            "WorkstationsAndServers": {
                "totalServers": int(total(managed_id, "Online Backup # Servers")),
                "totalWorkstations": int(total(managed_id, "Online Backup # Desktops")),
            },
        }[entry.device_type]
        if changes := operations(wanted, entry):
            reports.id(entry.id).patch(changes)


with ThreadPoolExecutor(max_workers=8) as workers:
    companies = list(psa.company.companies.paginated(1, 1000, {"conditions": "deletedFlag=false"}).all())
    active = {"conditions": 'agreementStatus="Active"'}
    agreements = list(psa.finance.agreements.paginated(1, 1000, active).all())
    for done in [workers.submit(report, company) for company in companies]:
        done.result()
    for done in [workers.submit(bill, agreement) for agreement in agreements]:
        done.result()
