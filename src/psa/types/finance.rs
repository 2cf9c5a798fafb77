//! Agreements and their additions: what is billed.

use super::common::{record, words};

words! {
    /// Whether an agreement runs; ConnectWise computes it.
    AgreementStatus {
        /// It runs.
        Active = "Active",
        /// It was cancelled.
        Cancelled = "Cancelled",
        /// Its end has passed.
        Expired = "Expired",
        /// It is switched off.
        Inactive = "Inactive",
    }
}

words! {
    /// Whether an addition is billed.
    BillCustomer {
        /// It is.
        Billable = "Billable",
        /// It is not, and does not appear.
        DoNotBill = "DoNotBill",
        /// It appears on the invoice without a price.
        NoCharge = "NoCharge",
    }
}

/// A currency (contract: `CurrencyReference`).
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Currency {
    /// Its id.
    #[serde(default)]
    pub id: Option<i64>,
    /// Its name, as *US Dollars*.
    #[serde(default)]
    pub name: Option<String>,
    /// Its code, as *USD*.
    #[serde(default)]
    pub currency_code: Option<String>,
    /// Its symbol, as *$*.
    #[serde(default)]
    pub symbol: Option<String>,
}

record! {
    /// A kind of agreement (contract: `AgreementType`).
    AgreementType, "agreement type" {
        /// The name.
        name: text,
        /// Whether it is out of use.
        inactive_flag: flag,
        /// How often its agreements are invoiced.
        billing_cycle: reference,
        /// Whether part of a period is billed in part.
        prorate_flag: of(bool),
    }
}

record! {
    /// An agreement with a company (contract: `Agreement`).
    Agreement, "agreement" {
        /// The name.
        name: text,
        /// The kind.
        r#type as "type": reference,
        /// The company.
        company: reference,
        /// The first day.
        start_date: time,
        /// The last day, unless it has none.
        end_date: time,
        /// Whether it has no last day.
        no_ending_date_flag: flag,
        /// Whether it was cancelled.
        cancelled_flag: flag,
        /// The day from which it is cancelled.
        date_cancelled: time,
        /// Whether it runs.
        agreement_status: of(AgreementStatus),
        /// How often it is invoiced; without one it never is.
        billing_cycle: reference,
        /// When it is invoiced next; without a date it never is.
        next_invoice_date: time,
        /// Whether part of a period is billed in part.
        prorate_flag: of(bool),
        /// The currency of its invoices.
        currency: of(Currency),
    }
}

record! {
    /// A line of an agreement: one product, so many of it (contract: `Addition`).
    Addition, "agreement addition" {
        /// The agreement it belongs to; some releases leave it out.
        agreement_id: whole,
        /// The product.
        product: reference,
        /// How many.
        quantity: decimal,
        /// How many of them the agreement's own price covers.
        less_included: decimal,
        /// The price of one.
        unit_price: decimal,
        /// Whether it is billed.
        bill_customer: of(BillCustomer),
        /// The first day.
        effective_date: time,
        /// The day from which it is cancelled.
        cancelled_date: time,
        /// The serial number, in which integrations keep their own key.
        serial_number: text,
        /// The text on the invoice.
        invoice_description: text,
        /// The product's description.
        description: text,
        /// How many are billed; ConnectWise computes it.
        billed_quantity: decimal,
        /// The price of the line; ConnectWise computes it.
        ext_price: decimal,
        /// Whether it is taxed.
        taxable_flag: flag,
        /// Whether its agreement runs.
        agreement_status: of(AgreementStatus),
    }
}
