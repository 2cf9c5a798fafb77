use serde_json::json;

use super::*;

fn fields(sent: Value, answered: Value) -> Vec<String> {
    differences(&sent, &answered).into_iter().map(|difference| difference.field).collect()
}

#[test]
fn what_counts_as_kept() {
    let table = [
        // numbers by value, also where ConnectWise has them as text
        (json!({"quantity": 12.50}), json!({"quantity": 12.5})),
        (json!({"quantity": 5}), json!({"quantity": 5.0000})),
        (json!({"quantity": 1000}), json!({"quantity": 1e3})),
        (json!({"alertsGenerated": 3}), json!({"alertsGenerated": "3"})),
        // text with white space as one
        (
            json!({"invoiceDescription": "a: 1 GB;\r\n b: 2 GB"}),
            json!({"invoiceDescription": "a: 1 GB;  b: 2 GB "}),
        ),
        // nothing is nothing
        (json!({"serviceBoardCallbackUrl": ""}), json!({"serviceBoardCallbackUrl": null})),
        (json!({"cancelledDate": null}), json!({})),
        (json!({"agreement": null}), json!({"agreement": {}})),
        (json!({"inactiveFlag": false}), json!({})),
        // dates by day where one is midnight
        (json!({"effectiveDate": "2015-06-01T00:00:00Z"}), json!({"effectiveDate": "2015-06-01T04:00:00Z"})),
        (json!({"effectiveDate": "2015-06-01"}), json!({"effectiveDate": "2015-06-01T00:00:00Z"})),
        (json!({"dateX": "2015-06-01T04:05:06Z"}), json!({"dateX": "2015-06-01T00:05:06.250-04:00"})),
        // references expanded
        (json!({"product": {"id": 5}}), json!({"product": {"id": 5, "identifier": "X", "_info": {}}})),
        (json!({"product": {"identifier": "each"}}), json!({"product": {"id": 5, "identifier": "Each"}})),
        (
            json!({"company": {"identifier": "EddiesTV"}}),
            json!({"company": {"id": 342, "name": "Eddie's TV Repair"}}),
        ),
        (json!({"board": {"id": 1, "name": "old name"}}), json!({"board": {"id": 1, "name": "new name"}})),
        // lists
        (
            json!({"customFields": [{"id": 2, "value": "x"}, {"id": 1, "value": 1}]}),
            json!({"customFields": [{"id": 1, "value": 1.0, "caption": "A"}, {"id": 2, "value": "x"}]}),
        ),
        (json!({"locationIds": [1, 2]}), json!({"locationIds": [1, 2]})),
        // never given back
        (json!({"password": "x", "globalLoginPassword": "y", "nAblePassword": "z"}), json!({})),
        (json!({"initialDescription": "x", "skipCallback": true, "processNotifications": false}), json!({})),
    ];
    for (sent, answered) in table {
        assert_eq!(fields(sent.clone(), answered.clone()), [""; 0], "{sent} {answered}");
    }
}

#[test]
fn what_counts_as_not_kept() {
    let table = [
        (json!({"quantity": 5}), json!({"quantity": 4.99}), "quantity"),
        (json!({"quantity": 5}), json!({}), "quantity"),
        (json!({"successfulBackupJobs": 0}), json!({"successfulBackupJobs": null}), "successfulBackupJobs"),
        (json!({"managedServicesApiFlag": true}), json!({}), "managedServicesApiFlag"),
        (
            json!({"managedServicesApiFlag": false}),
            json!({"managedServicesApiFlag": true}),
            "managedServicesApiFlag",
        ),
        (json!({"serialNumber": "EFS-342"}), json!({"serialNumber": "EFS-343"}), "serialNumber"),
        (json!({"serialNumber": "EFS-342"}), json!({"serialNumber": "efs-342"}), "serialNumber"),
        (json!({"serialNumber": ""}), json!({"serialNumber": "EFS-343"}), "serialNumber"),
        (
            json!({"effectiveDate": "2015-06-01T00:00:00Z"}),
            json!({"effectiveDate": "2015-05-31T20:00:00Z"}),
            "effectiveDate",
        ),
        (json!({"dateX": "2015-06-01T04:05:06Z"}), json!({"dateX": "2015-06-01T04:05:07Z"}), "dateX"),
        (json!({"status": {"id": 7}}), json!({"status": {"id": 8}}), "status"),
        (json!({"status": {"id": 7}}), json!({"status": null}), "status"),
        (json!({"status": null}), json!({"status": {"id": 7}}), "status"),
        (json!({"status": {"name": "Closed"}}), json!({"status": {"id": 1, "name": "New"}}), "status"),
        (json!({"locationIds": [1, 2]}), json!({"locationIds": [1]}), "locationIds"),
        (json!({"odd": {"kind": "a", "size": 1}}), json!({"odd": {"kind": "a", "size": 2}}), "odd/size"),
    ];
    for (sent, answered, field) in table {
        assert_eq!(fields(sent.clone(), answered.clone()), [field], "{sent} {answered}");
    }
}

#[test]
fn operations_are_compared_by_what_they_leave() {
    let answered =
        json!({"quantity": 5.0, "status": {"id": 7, "name": "New"}, "contact": null, "summary": "s"});
    let kept = [
        PatchOp::replace("quantity", 4),
        PatchOp::replace("/quantity", 5),
        PatchOp::replace("status", json!({"id": 7})),
        PatchOp::replace("status/id", 7),
        PatchOp::replace("contact", ""),
        PatchOp::remove("contactName"),
        PatchOp::replace("password", "x"),
    ];
    assert_eq!(differences_in_operations(&kept, &answered), []);
    let lost = [
        PatchOp::replace("company/identifier", "x"),
        PatchOp::remove("summary"),
        PatchOp::add("quantity", 6),
    ];
    let found: Vec<String> =
        differences_in_operations(&lost, &answered).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "company/identifier: sent “x”, ConnectWise has nothing",
            "summary: sent nothing, ConnectWise has “s”",
            "quantity: sent 6, ConnectWise has 5.0",
        ]
    );
}

#[test]
fn an_answer_that_is_no_record_kept_nothing() {
    assert_eq!(fields(json!({"quantity": 5}), Value::Null), ["quantity"]);
    assert_eq!(differences(&json!([1]), &Value::Null).len(), 1);
}
