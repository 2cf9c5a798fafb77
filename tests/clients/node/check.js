// connectwise-rest, unchanged, against the sandbox: argument 1 is the line that says how to reach it.
//
// It never asks for the codebase but uses v4_6_release, asks for an old version of the model, and takes
// a short page for the last one.

import assert from 'node:assert/strict';
import { ManageAPI } from 'connectwise-rest';

const reach = JSON.parse(process.argv[2]);

function client(privateKey) {
  return new ManageAPI({
    companyId: reach.company_id,
    companyUrl: new URL(reach.url).host,
    publicKey: reach.public_key,
    privateKey,
    clientId: reach.client_id,
    logger: () => {},
  });
}

// Orders a fault at the sandbox's control port.
async function order(fault) {
  const answer = await fetch(`${reach.control_url}/faults`, { method: 'POST', body: JSON.stringify(fault) });
  assert.equal(answer.status, 200, await answer.text());
}

async function refused(status, call) {
  const refusal = await call.then(() => assert.fail(`${status} is expected`), (refusal) => refusal);
  assert.equal(refusal.status, status, JSON.stringify(refusal));
  return refusal.data;
}

const psa = client(reach.private_key);
const { CompanyAPI, FinanceAPI, ProcurementAPI, ServiceAPI, SystemAPI } = psa;
assert.match((await SystemAPI.getSystemInfo()).version, /^v2025\.8/);

// Pages: every company once, also where the last page is full.
const { count: total } = await CompanyAPI.getCompanyCompaniesCount();
for (const pageSize of [100, total]) {
  const all = await psa.paginate(CompanyAPI.getCompanyCompanies, { pageSize }, { orderBy: 'id asc' });
  const ids = all.map((company) => company.id);
  assert.ok(total > 200 && ids.length === total && new Set(ids).size === total, `${ids.length} of ${total}`);
  assert.deepEqual(ids, [...ids].sort((a, b) => a - b));
}

// Conditions and parts of records.
const [eddie, ...others] = await CompanyAPI.getCompanyCompanies({
  conditions: 'name = "Eddie\'s TV Repair" and deletedFlag = false',
});
assert.equal(others.length, 0);
const some = await CompanyAPI.getCompanyCompanies({ fields: 'id,name', conditions: 'name contains "TV"' });
assert.ok(some.length >= 2 && some.every((company) => !('identifier' in company)), JSON.stringify(some));
assert.equal((await CompanyAPI.getCompanyCompaniesCount({ conditions: `id in (${eddie.id})` })).count, 1);

// A ticket's life.
const ticket = await ServiceAPI.postServiceTickets({ summary: 'Backup failed', company: { id: eddie.id } });
assert.equal(ticket.company.name, "Eddie's TV Repair");
assert.ok(ticket.board.name && ticket.status.name && !ticket.closedFlag);
const changed = await ServiceAPI.patchServiceTicketsById(ticket.id, [
  { op: 'replace', path: 'summary', value: 'Backup failed again' },
]);
assert.equal(changed.summary, 'Backup failed again');
const read = await ServiceAPI.getServiceTicketsById(ticket.id);
assert.deepEqual([read.id, read.summary, read.company.id], [ticket.id, 'Backup failed again', eddie.id]);
await ServiceAPI.postServiceTicketsByParentIdNotes(ticket.id, { text: 'Seen', detailDescriptionFlag: true });
const notes = await ServiceAPI.getServiceTicketsByParentIdNotes(ticket.id);
assert.deepEqual(notes.map((note) => note.text), ['Seen']);
await ServiceAPI.deleteServiceTicketsById(ticket.id);
assert.equal((await refused(404, ServiceAPI.getServiceTicketsById(ticket.id))).code, 'NotFound');

// An agreement's addition.
const [agreement] = await FinanceAPI.getFinanceAgreements({ conditions: `company/id = ${eddie.id}` });
const [product] = await ProcurementAPI.getProcurementCatalog({ pageSize: 1 });
const addition = await FinanceAPI.postFinanceAgreementsByParentIdAdditions(agreement.id, {
  product: { id: product.id },
  quantity: 3,
  billCustomer: 'Billable',
});
const more = await FinanceAPI.patchFinanceAgreementsByParentIdAdditionsById(addition.id, agreement.id, [
  { op: 'replace', path: 'quantity', value: 4.5 },
]);
assert.equal(more.quantity, 4.5);
await FinanceAPI.deleteFinanceAgreementsByParentIdAdditionsById(addition.id, agreement.id);
const left = await FinanceAPI.getFinanceAgreementsByParentIdAdditions(agreement.id);
assert.ok(left.every((one) => one.id !== addition.id));

// Refusals.
const missing = await refused(400, ServiceAPI.postServiceTickets({ summary: 'Whose?' }));
assert.deepEqual(missing.errors.map((e) => [e.code, e.field.split('/')[0]]), [['MissingRequiredField', 'company']]);
await refused(400, ServiceAPI.getServiceTickets({ conditions: 'summary =' }));
await order({ kind: 'status-403', method: 'GET', path: '/service/tickets' });
assert.equal((await refused(403, ServiceAPI.getServiceTickets())).code, 'Security');
await refused(401, client('wrong').SystemAPI.getSystemInfo());

console.log(`connectwise-rest: ${total} companies in pages; tickets, notes, additions, refusals as expected`);
