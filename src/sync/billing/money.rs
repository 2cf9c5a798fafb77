//! What a line of the next invoice comes to. Decimals throughout, never floats.

use rust_decimal::Decimal;

use crate::plan::MoneyEffect;
use crate::psa::{Addition, Agreement, BillCustomer};

/// The line's amount on the next invoice, as ConnectWise computes it where it says so; without zeros at its end, so
/// that equal amounts are written alike.
pub fn line(addition: &Addition, quantity: Option<Decimal>) -> Decimal {
    unrounded(addition, quantity).normalize()
}

fn unrounded(addition: &Addition, quantity: Option<Decimal>) -> Decimal {
    if matches!(addition.bill_customer, Some(BillCustomer::DoNotBill | BillCustomer::NoCharge)) {
        return Decimal::ZERO;
    }
    if quantity == addition.quantity
        && let Some(price) = addition.ext_price
    {
        return price;
    }
    let billed = quantity.unwrap_or_default().saturating_sub(addition.less_included.unwrap_or_default());
    // Some releases bill a negative quantity (guide, figure 19), others floor it: what this server does
    // shows on what it has.
    let may_be_negative = addition.billed_quantity.is_some_and(|billed| billed < Decimal::ZERO);
    let billed = if may_be_negative { billed } else { billed.max(Decimal::ZERO) };
    billed.saturating_mul(addition.unit_price.unwrap_or_default())
}

/// What a new quantity does to the next invoice.
pub fn effect(agreement: &Agreement, addition: &Addition, after: Decimal) -> MoneyEffect {
    MoneyEffect {
        currency: currency(agreement),
        before: line(addition, addition.quantity),
        after: line(addition, Some(after)),
        prorated: agreement.prorate_flag.unwrap_or(false),
    }
}

/// The code of an agreement's currency, else its symbol; empty where it names none.
pub fn currency(agreement: &Agreement) -> String {
    let currency = agreement.currency.as_ref();
    currency
        .and_then(|currency| currency.currency_code.clone().or_else(|| currency.symbol.clone()))
        .unwrap_or_default()
}
