//! What a list request asks for: filter, order and fields.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

use super::conditions::Condition;
use super::decode::Record;

/// Which records of a list are wanted, in which order, and which of their fields.
///
/// Paging is the client's affair and no part of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    filter: Option<Condition>,
    child_filter: Option<Condition>,
    order_by: Option<&'static str>,
    fields: Option<Cow<'static, str>>,
    lean: bool,
}

impl Query {
    /// All records, with all their fields.
    pub fn all() -> Query {
        Query::default()
    }

    /// Only records for which the condition holds (`conditions`); a second filter narrows the first.
    #[must_use]
    pub fn filter(mut self, condition: Condition) -> Query {
        self.filter = Some(match self.filter {
            Some(first) => first.and(condition),
            None => condition,
        });
        self
    }

    /// Only records with a member of an array field for which the condition holds (`childConditions`).
    #[must_use]
    pub fn child_filter(mut self, condition: Condition) -> Query {
        self.child_filter = Some(match self.child_filter {
            Some(first) => first.and(condition),
            None => condition,
        });
        self
    }

    /// The order, as `"id desc"` or `"contact/name asc"`. Without one, lists come by id.
    ///
    /// A list by id is read in such a way that records made or deleted meanwhile do no harm. One in another
    /// order is read by page numbers: while it fills more than one page, a record that is deleted meanwhile
    /// can hide another one.
    #[must_use]
    pub fn order_by(mut self, order: &'static str) -> Query {
        self.order_by = Some(order);
        self
    }

    /// Only these fields, as `"id,name,company/id"`. `id` comes too, whether it is named or not: pages are
    /// told apart by it.
    #[must_use]
    pub fn fields(mut self, fields: &'static str) -> Query {
        self.fields = Some(fields.into());
        self
    }

    /// Only the fields that the kind of record knows into which the list is read: a small answer for a large list.
    /// Fields that were named go before this.
    #[must_use]
    pub fn lean(mut self) -> Query {
        self.lean = true;
        self
    }

    /// The query with the fields of this kind of record, where it asks for no more than them.
    pub(super) fn for_records<T: Record>(&self) -> Query {
        let mut query = self.clone();
        if query.lean && query.fields.is_none() && !T::FIELDS.is_empty() {
            let names: Vec<String> = T::FIELDS.iter().map(|field| camel_case(field)).collect();
            query.fields = Some(names.join(",").into());
        }
        query
    }

    /// The filter, when there is one.
    pub fn condition(&self) -> Option<&Condition> {
        self.filter.as_ref()
    }

    /// Whether lists come by id, from the least to the greatest.
    pub(super) fn is_by_id(&self) -> bool {
        self.order_by.is_none_or(|order| matches!(order.trim(), "id" | "id asc"))
    }

    /// The parameters of the page with this number.
    pub(super) fn page(&self, page: u32, size: u32) -> Vec<(&'static str, String)> {
        let mut parameters = self.count();
        parameters.push(("orderBy", self.order_by.unwrap_or("id").to_owned()));
        parameters.extend(self.kept());
        parameters.push(("page", page.to_string()));
        parameters.push(("pageSize", size.to_string()));
        parameters
    }

    /// The parameters of a page by id, after this id. An order must not be given: it is by id.
    pub(super) fn forward(&self, after: Option<i64>, size: u32) -> Vec<(&'static str, String)> {
        let mut parameters = self.count();
        parameters.extend(self.kept());
        parameters.extend(after.map(|id| ("pageId", id.to_string())));
        parameters.push(("pageSize", size.to_string()));
        parameters
    }

    /// The parameters of a page by id, after this id, where the endpoint knows no page ids.
    pub(super) fn after(&self, after: Option<i64>, size: u32) -> Vec<(&'static str, String)> {
        match after {
            Some(id) => self.clone().filter(Condition::gt("id", id)).page(1, size),
            None => self.page(1, size),
        }
    }

    fn kept(&self) -> Option<(&'static str, String)> {
        let fields = self.fields.as_deref()?;
        let has_id = fields.split(',').any(|field| field.trim().eq_ignore_ascii_case("id"));
        Some(("fields", if has_id { fields.to_owned() } else { format!("id,{fields}") }))
    }

    /// The parameters of a count.
    pub(super) fn count(&self) -> Vec<(&'static str, String)> {
        let written = |name, condition: &Option<Condition>| Some((name, condition.as_ref()?.to_string()));
        let filters = [written("conditions", &self.filter), written("childConditions", &self.child_filter)];
        filters.into_iter().flatten().collect()
    }
}

/// A field's name as the contract writes it: `less_included` is `lessIncluded`. Names of the contract and
/// `_info` stay as they are.
fn camel_case(field: &str) -> String {
    if field.starts_with('_') {
        return field.to_owned();
    }
    let mut parts = field.split('_');
    let mut name = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

/// The parameters as the query of an address.
pub(super) fn encode(parameters: &[(&'static str, String)]) -> String {
    let encoded = |(name, value): &(&str, String)| format!("{name}={}", encoded(value));
    parameters.iter().map(encoded).collect::<Vec<_>>().join("&")
}

/// A text as it may stand in an address. Everything but letters, digits and `-._~` is encoded: ConnectWise asks that
/// `& " ' * % +` be, and a blank is `%20`, which no server reads as a plus sign.
pub(super) fn encoded(text: &str) -> PercentEncode<'_> {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, KEPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_what_connectwise_asks_for() {
        let parameters = [("conditions", "a=\"x' *%+&é\"".to_owned()), ("page", "1".to_owned())];
        assert_eq!(encode(&parameters), "conditions=a%3D%22x%27%20%2A%25%2B%26%C3%A9%22&page=1");
    }

    #[test]
    fn the_id_always_comes_and_forward_pages_have_no_order() {
        let fields = |query: Query| query.forward(None, 5).into_iter().find(|(name, _)| *name == "fields");
        assert_eq!(fields(Query::all()), None);
        assert_eq!(fields(Query::all().fields("name,Id")), Some(("fields", "name,Id".to_owned())));
        assert_eq!(
            fields(Query::all().fields("name,company/id")),
            Some(("fields", "id,name,company/id".to_owned()))
        );
        let either = Condition::eq("a", 1).or(Condition::eq("b", 2));
        let query = Query::all().filter(either).order_by("id");
        assert!(query.is_by_id() && !Query::all().order_by("id desc").is_by_id());
        assert_eq!(encode(&query.forward(Some(7), 5)), "conditions=a%3D1%20or%20b%3D2&pageId=7&pageSize=5");
        let after = query.after(Some(7), 5);
        assert!(after.contains(&("conditions", "(a=1 or b=2) and id>7".to_owned())), "{after:?}");
        assert!(after.contains(&("orderBy", "id".to_owned())), "{after:?}");
    }

    #[test]
    fn a_lean_list_names_the_fields_of_its_records() {
        use super::super::types::Addition;
        let fields = |query: Query| {
            let page = query.for_records::<Addition>().page(1, 10);
            page.into_iter().find(|(name, _)| *name == "fields").map(|(_, value)| value)
        };
        let lean = fields(Query::all().lean()).expect("fields");
        assert!(lean.starts_with("id,_info,agreementId,product,quantity,lessIncluded,"), "{lean}");
        assert_eq!(fields(Query::all().lean().fields("id,quantity")).as_deref(), Some("id,quantity"));
        assert_eq!(fields(Query::all()), None);
    }

    #[test]
    fn filters_add_up_and_order_is_by_id() {
        let query = Query::all()
            .filter(Condition::eq("a", 1).or(Condition::eq("b", 2)))
            .filter(Condition::eq("c", 3));
        let page = query.fields("id,name").page(2, 1000);
        assert!(page.contains(&("conditions", "(a=1 or b=2) and c=3".to_owned())));
        assert!(page.contains(&("orderBy", "id".to_owned())));
        assert!(page.contains(&("fields", "id,name".to_owned())));
        assert!(page.contains(&("page", "2".to_owned())));
    }
}
