use rust_decimal::Decimal;
use serde_json::json;

use super::*;
use crate::plan::guards::tests::write;

fn plan_of(changes: Vec<Change>) -> SavedPlan {
    let from = MadeFrom {
        site: "https://na.myconnectwise.net".into(),
        company_id: "efolder".into(),
        source: "files".into(),
        installation: "0badcafe".into(),
    };
    let plan = Plan { changes, ..Plan::default() };
    SavedPlan::new(plan, from, Asked::default(), Timestamp::UNIX_EPOCH).unwrap()
}

#[test]
fn what_is_saved_is_read_back_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.json");
    let saved = plan_of(vec![write(12, "342", "12.50", "13.75", Some(("1.10", "2.20")))]);
    saved.write(&path).unwrap();
    let read = SavedPlan::read(&path).unwrap();
    assert_eq!(read.plan.changes, saved.plan.changes);
    assert_eq!(read.seal, saved.seal);
    let text = std::fs::read_to_string(&path).unwrap();
    // Every form of a wrong file -> what is said of it
    for (content, says) in [
        (text.replace("13.75", "13.76"), "is not as psactl saved it"),
        (text.replace("psactl/plan/1", "psactl/plan/9"), "in format 9"),
        (text.replace("psactl/plan/1", "psactl/sync/1"), "is no saved plan"),
        ("cid,quantity\n342,1\n".to_owned(), "is no saved plan"),
        ("[]".to_owned(), "is no saved plan"),
        (String::new(), "is no saved plan"),
    ] {
        std::fs::write(&path, content).unwrap();
        let refused = SavedPlan::read(&path).unwrap_err();
        assert!(refused.line().contains(says), "{}", refused.line());
        assert_eq!(refused.exit, Exit::Usage);
        saved.write(&path).unwrap_err();
    }
    // What was only laid out anew is still the same plan.
    let value: Value = serde_json::from_str(&text).unwrap();
    std::fs::write(&path, value.to_string()).unwrap();
    SavedPlan::read(&path).unwrap();
}

#[test]
fn every_difference_is_named() {
    let said = |saved: &Vec<Change>, now: &Vec<Change>| -> Vec<String> {
        let told = |difference| match difference {
            Difference::Other(line) => line,
            Difference::Gone(change) => gone(change, Some(&json!({ "quantity": Decimal::TEN }))),
        };
        differences(saved, now).into_iter().map(told).collect()
    };
    let one = write(12, "342", "1", "2", Some(("1", "2")));
    assert_eq!(said(&vec![one.clone()], &vec![one.clone()]), Vec::<String>::new());
    let other = write(12, "342", "1", "3", Some(("1", "3")));
    let two = write(13, "342", "1", "2", Some(("1", "2")));
    for (now, expected) in [
        (
            vec![other],
            "saved quantity: 1 -> 2, now quantity: 1 -> 3; saved next invoice 1.00 -> 2.00 USD, now next invoice 1.00 ->",
        ),
        (vec![], "would not be written now; quantity is"),
        (vec![one.clone(), two], "agreement addition #13 : new: quantity: 1 -> 2"),
    ] {
        let told = said(&vec![one.clone()], &now);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains(expected), "{told:?}");
    }
}
