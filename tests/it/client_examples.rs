//! The programs under `examples/` do what their headers say.
#![allow(clippy::duplicate_mod, reason = "each program has its own way to ConnectWise, which is one file")]

use psactl::psa::{Addition, Agreement, Condition, Query, paths};
use psactl::sandbox::{Options, Sandbox};
use serde_json::json;

use find_addition::run as find;
use list_boards::run as list;
use patch_with_condition::run as patch;

#[path = "../../examples/find_addition.rs"]
#[expect(dead_code, reason = "its `main` is the program's")]
mod find_addition;
#[path = "../../examples/list_boards.rs"]
#[expect(dead_code, reason = "its `main` is the program's")]
mod list_boards;
#[path = "../../examples/patch_with_condition.rs"]
#[expect(dead_code, reason = "its `main` is the program's")]
mod patch_with_condition;
#[path = "../../examples/connect.rs"]
#[expect(dead_code, reason = "tests change no environment")]
mod reach;

fn text(written: Vec<u8>) -> String {
    String::from_utf8(written).unwrap()
}

#[tokio::test]
async fn the_examples_do_what_they_say() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let psa = reach::with(|name| {
        Some(match name {
            "PSA_SITE" => sandbox.url(),
            "PSA_COMPANY" => sandbox.company_id().to_owned(),
            "PSA_CLIENT_ID" => sandbox.client_id().to_owned(),
            "PSA_PUBLIC_KEY" => sandbox.public_key(),
            "PSA_PRIVATE_KEY" => sandbox.private_key(),
            _ => return None,
        })
    })
    .unwrap();
    assert_eq!(reach::with(|_| None).unwrap_err().to_string(), "PSA_SITE is not set");

    let ticket = json!({"summary": "x", "company": {"identifier": "JoeTV"}, "board": {"name": "Professional Services"}});
    psa.create(&paths::tickets(), &ticket).await.unwrap();
    let mut out = Vec::new();
    list(&psa, &mut out).await.unwrap();
    assert!(text(out).lines().any(|line| line == "Professional Services: 1 open"));

    let mut out = Vec::new();
    find(&psa, "EddiesTV", "MS Complete", &mut out).await.unwrap();
    let of_company = Query::all().filter(Condition::eq("company/identifier", "EddiesTV"));
    let agreement: Agreement = psa.first(&paths::agreements(), &of_company).await.unwrap().unwrap();
    let addition: Addition =
        psa.first(&paths::additions(agreement.id), &Query::all()).await.unwrap().unwrap();
    let name = format!("Managed Services for Eddie's TV Repair ({})", agreement.id);
    let line = format!("{name}, addition {}: 1 × MS Complete\n", addition.id);
    assert_eq!(text(out), line);

    let ids = (agreement.id, addition.id);
    let mut out = Vec::new();
    patch(&psa, ids, (1.into(), 2.into()), &mut out).await.unwrap();
    assert_eq!(text(out), format!("/finance/agreements/{}/additions/{}: 1 → 2\n", ids.0, ids.1));
    let refused = patch(&psa, ids, (1.into(), 3.into()), &mut Vec::new()).await.unwrap_err();
    assert_eq!(refused.to_string(), "the quantity is 2 by now: nothing was changed");
    let now: Addition = psa.get(&paths::addition(ids.0, ids.1)).await.unwrap();
    assert_eq!(now.quantity, Some(2.into()));
    sandbox.stop().await;
}
