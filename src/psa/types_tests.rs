use rust_decimal::Decimal;
use serde_json::json;

use super::*;
use crate::psa::Record;

fn read<T: Record>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{}: {error}", T::NAME))
}

#[test]
fn a_record_needs_nothing_but_its_id() {
    macro_rules! bare {
        ($($kind:ty),*) => {$(
            assert_eq!(read::<$kind>(r#"{"id": 7}"#).id(), Some(7));
        )*};
    }
    bare!(Company, CompanyStatus, ConfigurationType, Agreement, AgreementType, Addition, ManagementSolution);
    bare!(Integration, CrossReference, ManagedId, CatalogItem);
    bare!(Board, BoardStatus, Ticket, TicketNote, IntegratorLogin);
    assert_eq!(read::<Info>("{}"), Info::default());
}

#[test]
fn nulls_and_unknown_fields_are_no_errors() {
    let addition: Addition = read(
        r#"{"id": 9, "quantity": null, "product": null, "taxableFlag": null, "effectiveDate": "", "billCustomer": null,
            "_info": null, "customFields": [{"x": 1.5}], "somethingNew": {"deep": [1.25]}}"#,
    );
    assert_eq!((addition.quantity, addition.taxable_flag, addition.effective_date), (None, false, None));
    let company: Company =
        read(r#"{"id": 1, "types": null, "site": {"id": 2, "name": "Main", "_info": {}}}"#);
    assert!(company.types.is_empty());
}

#[test]
fn money_and_quantities_are_exact() {
    let addition: Addition = read(
        r#"{"id": 9, "quantity": 100000000000000.12, "unitPrice": 12.50, "lessIncluded": 75, "extPrice": -0.1}"#,
    );
    assert_eq!(addition.quantity.map(|d| d.to_string()).as_deref(), Some("100000000000000.12"));
    assert_eq!(addition.unit_price.map(|d| d.to_string()).as_deref(), Some("12.50"));
    assert_eq!(addition.less_included, Some(Decimal::from(75)));
    assert_eq!(addition.ext_price, Some(Decimal::new(-1, 1)));
}

#[test]
fn unknown_words_are_kept() {
    let addition: Addition = read(r#"{"id": 9, "billCustomer": "OnTuesdays", "agreementStatus": "Active"}"#);
    assert_eq!(addition.bill_customer, Some(BillCustomer::Other("OnTuesdays".to_owned())));
    assert_eq!(addition.agreement_status, Some(AgreementStatus::Active));
    let managed: ManagedId = read(r#"{"id": 1, "deviceType": "BackupStats", "successfulBackupJobs": 12}"#);
    assert_eq!(
        (managed.device_type, managed.successful_backup_jobs),
        (Some(DeviceType::BackupStats), Some(12))
    );
    assert_eq!(DeviceType::from("BackupStats").to_string(), "BackupStats");
}

#[test]
fn times_come_in_several_forms() {
    let time = |text: &str| read_time(text).map(|time| time.to_string());
    assert_eq!(time("2015-06-01T00:00:00Z").as_deref(), Some("2015-06-01T00:00:00Z"));
    assert_eq!(time("2015-06-01").as_deref(), Some("2015-06-01T00:00:00Z"));
    assert_eq!(time("2015-06-01T04:05:06").as_deref(), Some("2015-06-01T04:05:06Z"));
    assert_eq!(time("2015-06-01T04:05:06.25-04:00").as_deref(), Some("2015-06-01T08:05:06.25Z"));
    for ever in ["9999-12-31T00:00:00Z", "9999-12-31", "9999-12-31T23:59:59.999-05:00"] {
        assert_eq!(read_time(ever), Some(jiff::Timestamp::MAX), "{ever}");
    }
    for odd in ["EFS-342", "20150601", "soon", "", "2015-06-0é", "2015-06-31", "9999-12-32T00:00:00Z"] {
        assert_eq!(time(odd), None, "{odd}");
    }
    let agreement = serde_json::from_str::<Agreement>(r#"{"id": 1, "nextInvoiceDate": "soon"}"#);
    assert!(agreement.is_err(), "a date that cannot be read is not the same as none");
}

#[test]
fn the_cross_reference_of_old_releases_and_odd_spellings_are_read() {
    let status: BoardStatus = read(
        r#"{"id": 1, "externalIntegrationXref": {"id": 3, "identifier": "X"}, "escalationStatus": "NotResponded"}"#,
    );
    assert_eq!(status.external_integration_xref.and_then(|reference| reference.id), Some(3));
    assert_eq!(status.escalation_status, Some(EscalationStatus::NotResponded));
    let ticket: Ticket =
        read(r#"{"id": 548, "externalXRef": "psactl:1", "mergedParentTicket": {"id": 3, "summary": "x"}}"#);
    assert_eq!(ticket.external_x_ref.as_deref(), Some("psactl:1"));
}

#[test]
fn an_integrator_login_tells_its_flags() {
    let login: IntegratorLogin = read(
        &json!({"id": 3, "username": "efolder-api", "serviceTicketApiFlag": true, "managedServicesApiFlag": true,
                "companyApiFlag": false, "brandNewApiFlag": true, "configurationChildlingFlag": true,
                "managedServicesAutoChildFlag": null, "canAccessAllRecordsFlag": true,
                "serviceBoardCallbackUrl": "", "companyCallbackUrl": "https://x", "_info": {"enteredBy": "me"}})
        .to_string(),
    );
    assert_eq!(login.apis(), ["brandNewApiFlag", "managedServicesApiFlag", "serviceTicketApiFlag"]);
    assert_eq!(login.childing(), ["configurationChildlingFlag"]);
    assert_eq!(login.callbacks(), [("companyCallbackUrl", "https://x")]);
    assert!(login.flag("canAccessAllRecordsFlag") && !login.flag("canAccessAllApisFlag"));
    assert_eq!(login.info.and_then(|info| info.entered_by).as_deref(), Some("me"));
}

#[test]
fn the_licence_is_searched_by_a_piece_of_a_name() {
    let info: Info =
        read(r#"{"licenseBits": [{"name": "MSP Add-On", "activeFlag": true}, {"name": "CRM"}]}"#);
    assert_eq!(info.licence_covers("msp"), Some(true));
    assert_eq!(info.licence_covers("crm"), Some(false));
    assert_eq!(info.licence_covers("fleet"), None);
}
