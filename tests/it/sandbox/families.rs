//! Tickets that belong together: what cannot be joined, and what is left when one is deleted.

use serde_json::{Value, json};

use super::Psa;

async fn ticket(psa: &Psa) -> i64 {
    let body = json!({"summary": "Backup failed", "company": {"identifier": "EddiesTV"}});
    psa.post("/service/tickets", body).await.ok()["id"].as_i64().expect("an id")
}

async fn get(psa: &Psa, id: i64) -> Value {
    psa.get(&format!("/service/tickets/{id}")).await.ok()
}

async fn attach(psa: &Psa, parent: i64, children: &[i64]) -> u16 {
    let path = format!("/service/tickets/{parent}/attachChildren");
    psa.post(&path, json!({ "childTicketIds": children })).await.status
}

async fn merge(psa: &Psa, parent: i64, tickets: &[i64]) -> u16 {
    let body = json!({"mergeTicketIds": tickets, "status": {"name": "Completed"}});
    psa.post(&format!("/service/tickets/{parent}/merge"), body).await.status
}

#[tokio::test]
async fn merged_tickets_are_merged_for_good() {
    let psa = Psa::bare().await;
    let (a, b, c) = (ticket(&psa).await, ticket(&psa).await, ticket(&psa).await);
    assert_eq!(merge(&psa, b, &[a]).await, 200);
    assert_eq!(merge(&psa, c, &[a]).await, 400, "it is merged already");
    assert_eq!(merge(&psa, a, &[c]).await, 400, "nor is anything merged into it");
    assert_eq!(merge(&psa, a, &[b]).await, 400, "least of all in a circle");
    assert_eq!(attach(&psa, a, &[c]).await, 400);
    assert_eq!(attach(&psa, c, &[a]).await, 400);
    assert_eq!(get(&psa, a).await["mergedParentTicket"]["id"], b);
    assert_eq!(get(&psa, c).await["closedFlag"], false, "what was refused left no trace");
    assert_eq!(merge(&psa, c, &[b]).await, 200, "others go on");
    // A ticket that others were merged into is referred to by them.
    assert_eq!(psa.delete(&format!("/service/tickets/{b}")).await.status, 409);
    psa.delete(&format!("/service/tickets/{a}")).await;
    assert_eq!(get(&psa, b).await["hasMergedChildTicketFlag"], false);
    assert_eq!(psa.delete(&format!("/service/tickets/{b}")).await.status, 204);
}

#[tokio::test]
async fn no_ticket_is_its_own_ancestor() {
    let psa = Psa::bare().await;
    let (a, b, c) = (ticket(&psa).await, ticket(&psa).await, ticket(&psa).await);
    assert_eq!(attach(&psa, a, &[b]).await, 200);
    assert_eq!(attach(&psa, b, &[c]).await, 200);
    assert_eq!(attach(&psa, b, &[a]).await, 400);
    assert_eq!(attach(&psa, c, &[a]).await, 400);
    assert_eq!(attach(&psa, c, &[c]).await, 400);
    assert_eq!(merge(&psa, c, &[a]).await, 400, "merging is joining too");
    assert!(get(&psa, a).await["parentTicketId"].is_null());
    assert_eq!(merge(&psa, a, &[c]).await, 200, "upwards it goes");
}

#[tokio::test]
async fn a_deleted_parent_is_nobodys_parent() {
    let psa = Psa::bare().await;
    let (a, b, c) = (ticket(&psa).await, ticket(&psa).await, ticket(&psa).await);
    assert_eq!(attach(&psa, a, &[b, c]).await, 200);
    // A child that goes to another parent leaves its first.
    let other = ticket(&psa).await;
    assert_eq!(attach(&psa, other, &[c]).await, 200);
    assert_eq!(get(&psa, a).await["hasChildTicket"], true, "one is left");
    assert_eq!(attach(&psa, other, &[b]).await, 200);
    assert_eq!(get(&psa, a).await["hasChildTicket"], false);
    psa.delete(&format!("/service/tickets/{other}")).await;
    assert!(get(&psa, b).await["parentTicketId"].is_null());
    assert_eq!(attach(&psa, a, &[b]).await, 200);
    psa.delete(&format!("/service/tickets/{b}")).await;
    assert_eq!(get(&psa, a).await["hasChildTicket"], false);
}
