//! Answers that are typed or marked: a price, a day, several customers.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::config::Config;
use crate::error::{Exit, Failure, Result};
use crate::services;
use crate::setup::{Asks, Offer, Reply};
use crate::ui::{Ui, text};

/// The key of a service, on the command line; its name does as well.
pub(in crate::cli) fn service() -> impl TypedValueParser<Value = &'static str> {
    let keys = services::all()
        .iter()
        .map(|service| PossibleValue::new(service.key).help(service.name).alias(service.name));
    PossibleValuesParser::new(keys).map(|typed| {
        let of = |service: &&services::Service| service.key == typed || service.name == typed;
        services::all().iter().find(of).map_or("", |service| service.key)
    })
}

/// Flat fees that are asked for on the command line must be known: product and included amount stand in psactl.toml.
///
/// # Errors
/// Where one is not.
pub(in crate::cli) fn are_configured(flat_fees: &[&'static str], config: &Config) -> Result<()> {
    match flat_fees.iter().find(|key| !config.billing.flat_fees.contains_key(*key)) {
        None => Ok(()),
        Some(key) => Err(Failure::new(Exit::Configuration, format!("no flat fee is configured for {key}")).hint(
            format!(
                "in psactl.toml, under [billing.flat_fees]: {key} = {{ identifier = \"Product ID\", included = \"25\", \
                 price = \"40.00\" }}"
            ),
        )),
    }
}

/// Asks for an answer that is no choice of one; nothing typed is none.
///
/// # Errors
/// Where nobody can be asked, or the person ends it with Ctrl-C.
pub(in crate::cli) fn typed(ui: &Ui, offer: &Offer) -> Result<Option<Reply>> {
    let question = text::clean(&offer.question);
    let usage = |why: String| Failure::new(Exit::Usage, why);
    Ok(match &offer.asks {
        Asks::Price { .. } => {
            let check = |typed: &str| read_price(typed).map(|_| ());
            let typed = ui.ask_text(&question, None, "[billing.products] in psactl.toml", check)?;
            read_price(&typed).map_err(usage)?.map(|price| Reply::Price { price })
        }
        Asks::Date => {
            let check = |typed: &str| read_date(typed).map(|_| ());
            let typed = ui.ask_text(&question, None, "--effective-date YYYY-MM-DD", check)?;
            read_date(&typed).map_err(usage)?.map(|date| Reply::Date { date })
        }
        Asks::Customers { answers } => {
            let line = |(cid, company): &(String, String)| {
                format!("{} ({})", text::clean(company), text::clean(cid))
            };
            let items: Vec<(String, bool)> = answers.iter().map(|answer| (line(answer), false)).collect();
            let chosen = ui.choose_many(question.trim_end_matches('?'), &items, "--flat-fee SERVICE")?;
            let cids =
                chosen.into_iter().filter_map(|at| answers.get(at)).map(|(cid, _)| cid.clone()).collect();
            Some(Reply::Customers { cids })
        }
        Asks::Choice { .. } | Asks::Confirmation => None,
    })
}

/// A price as it is typed.
fn read_price(typed: &str) -> std::result::Result<Option<Decimal>, String> {
    match typed.trim() {
        "" => Ok(None),
        typed => price(typed).map(Some),
    }
}

/// A price: digits with a point, a dollar sign before it at most. A comma may be thousands or decimals, and a price is
/// never guessed.
///
/// # Errors
/// Where it is none: how one is written.
pub(in crate::cli) fn price(typed: &str) -> std::result::Result<Decimal, String> {
    let said = typed.trim();
    let digits = said.strip_prefix('$').unwrap_or(said).trim_start();
    let ends = |c: char| c.is_ascii_digit();
    let plain = digits.len() <= 12 && digits.starts_with(ends) && digits.ends_with(ends);
    let price = Decimal::from_str_exact(digits).ok().filter(|_| plain && !digits.contains('_'));
    match price {
        Some(price) if price.normalize().scale() <= 4 => Ok(price),
        _ => Err(format!(
            "“{said}” is no price: write it with a point and at most four decimals, such as 1.50"
        )),
    }
}

/// A day as it is typed.
fn read_date(typed: &str) -> std::result::Result<Option<Date>, String> {
    match typed.trim() {
        "" => Ok(None),
        typed => {
            typed.parse().map(Some).map_err(|_| format!("“{typed}” is no day; write it like 2026-12-01"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{read_date, read_price};

    #[test]
    fn prices_as_they_are_typed() {
        assert_eq!(read_price("1.50"), Ok("1.50".parse().ok()));
        assert_eq!(read_price(" $2.5 "), Ok("2.5".parse().ok()));
        assert_eq!(read_price(""), Ok(None));
        // A thousand, or one?
        for unclear in
            ["1,000", "2,5", "1 000", "1_000", "a lot", "-1", "0.00001", ".5", "5.", "1e3", "$", "$$1"]
        {
            assert!(read_price(unclear).is_err(), "{unclear}");
        }
    }

    #[test]
    fn days_as_they_are_typed() {
        assert_eq!(read_date(" 2026-12-01 "), Ok(Some(jiff::civil::date(2026, 12, 1))));
        assert_eq!(read_date(""), Ok(None));
        assert!(read_date("1.12.2026").is_err());
        assert!(read_date("2026-02-30").is_err());
    }
}
