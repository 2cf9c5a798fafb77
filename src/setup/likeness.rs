//! How alike two names of a company are: the portal's and ConnectWise's. Likeness only proposes; whether two
//! names mean one customer is for a person to say.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The least score that is worth a look.
pub const LEAST: u8 = 60;

/// How many companies of the same letters are compared word by word.
const CANDIDATES: usize = 50;

/// Legal forms: they come and go at the end of a name.
const FORMS: &[&str] = &[
    "ab",
    "ag",
    "aps",
    "as",
    "bv",
    "co",
    "company",
    "corp",
    "corporation",
    "ek",
    "gbr",
    "gmbh",
    "inc",
    "incorporated",
    "kg",
    "limited",
    "llc",
    "llp",
    "lp",
    "ltd",
    "mbh",
    "nv",
    "ohg",
    "oy",
    "pc",
    "plc",
    "pllc",
    "pte",
    "pty",
    "sa",
    "sarl",
    "sl",
    "spa",
    "srl",
    "ug",
];

/// A name without what people write now one way and now another: case, accents, punctuation, a leading *the*,
/// legal forms at the end, and `&` for *and*.
pub fn normal(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for c in name.trim().chars().flat_map(char::to_lowercase) {
        match c {
            // "Eddie's" is "Eddies", and "L.L.C." is "LLC".
            '\'' | '’' | '‘' | '`' | '´' | '.' => {}
            '&' | '+' => plain.push_str(" and "),
            'ä' | 'æ' => plain.push_str("ae"),
            'ö' | 'œ' => plain.push_str("oe"),
            'ü' => plain.push_str("ue"),
            'ß' => plain.push_str("ss"),
            'à' | 'á' | 'â' | 'ã' | 'å' => plain.push('a'),
            'è' | 'é' | 'ê' | 'ë' => plain.push('e'),
            'ì' | 'í' | 'î' | 'ï' => plain.push('i'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ø' => plain.push('o'),
            'ù' | 'ú' | 'û' => plain.push('u'),
            'ç' => plain.push('c'),
            'ñ' => plain.push('n'),
            c if c.is_alphanumeric() => plain.push(c),
            _ => plain.push(' '),
        }
    }
    let mut words: Vec<&str> = plain.split_whitespace().collect();
    if words.len() > 1 && words.first() == Some(&"the") {
        words.remove(0);
    }
    // "GmbH & Co. KG" is one form in four words; a name that is nothing but a form keeps its first word.
    let mut any = false;
    while words.len() > 1 && words.last().is_some_and(|word| FORMS.contains(word) || any && *word == "and") {
        words.pop();
        any = true;
    }
    if words.is_empty() { name.trim().to_lowercase() } else { words.join(" ") }
}

/// A name taken apart.
#[derive(Debug)]
struct Name {
    normal: String,
    trigrams: BTreeSet<[char; 3]>,
    numbers: BTreeSet<String>,
}

impl Name {
    fn of(name: &str) -> Name {
        let normal = normal(name);
        let mut trigrams = BTreeSet::new();
        for word in normal.split(' ') {
            let padded: Vec<char> = std::iter::once(' ').chain(word.chars()).chain([' ']).collect();
            trigrams.extend(padded.windows(3).map(|three| [three[0], three[1], three[2]]));
        }
        let has_digit = |word: &&str| word.chars().any(|c| c.is_ascii_digit());
        let numbers = normal.split(' ').filter(has_digit).map(str::to_owned).collect();
        Name { normal, trigrams, numbers }
    }
}

/// How alike two names are, from 0 to 100. 100 says that they are equal once normalised, and nothing else does.
fn compare(a: &Name, b: &Name) -> u8 {
    if a.normal == b.normal {
        return 100;
    }
    // "Store 12" and "Store 13" are two customers, however alike.
    if !a.numbers.is_empty() && !b.numbers.is_empty() && a.numbers != b.numbers {
        return 0;
    }
    let (first, second) = if a.normal <= b.normal { (a, b) } else { (b, a) };
    let shared = a.trigrams.intersection(&b.trigrams).count();
    let letters = dice(shared, a.trigrams.len(), b.trigrams.len());
    let typed = strsim::normalized_damerau_levenshtein(&first.normal, &second.normal);
    percent(letters.max(typed))
}

fn dice(shared: usize, a: usize, b: usize) -> f64 {
    if a + b == 0 { 0.0 } else { 2.0 * shared as f64 / (a + b) as f64 }
}

/// A likeness as a whole number below 100.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 99")]
fn percent(likeness: f64) -> u8 {
    (likeness * 100.0).floor().clamp(0.0, 99.0) as u8
}

/// Names to find like ones among; each is known by its place.
#[derive(Debug, Default)]
pub struct Names {
    names: Vec<Name>,
    exact: BTreeMap<String, Vec<usize>>,
    equal: HashMap<String, Vec<usize>>,
    by_trigram: HashMap<[char; 3], Vec<usize>>,
}

/// What is like a name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The places of the very same name.
    pub exact: Vec<usize>,
    /// The places of other names with their scores, the most alike first.
    pub alike: Vec<(usize, u8)>,
}

impl Names {
    /// Takes names, in their order.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Names {
        let mut all = Names::default();
        for (place, name) in names.into_iter().enumerate() {
            let own = Name::of(name);
            all.exact.entry(name.trim().to_owned()).or_default().push(place);
            all.equal.entry(own.normal.clone()).or_default().push(place);
            for trigram in &own.trigrams {
                all.by_trigram.entry(*trigram).or_default().push(place);
            }
            all.names.push(own);
        }
        all
    }

    /// The names that are this one, or like it.
    pub fn like(&self, name: &str) -> Found {
        let wanted = Name::of(name);
        let exact = self.exact.get(name.trim()).cloned().unwrap_or_default();
        // How many trigrams each name shares with it. Common words stand in thousands of names: a plain list
        // counts them faster than a map.
        let mut shared = vec![0usize; self.names.len()];
        for place in wanted.trigrams.iter().filter_map(|trigram| self.by_trigram.get(trigram)).flatten() {
            shared[*place] += 1;
        }
        let dice_of = |(place, count): (usize, usize)| {
            (percent(dice(count, wanted.trigrams.len(), self.names[place].trigrams.len())), place)
        };
        let mut near: Vec<(u8, usize)> =
            shared.into_iter().enumerate().filter(|(_, count)| *count > 0).map(dice_of).collect();
        near.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let equal = self.equal.get(&wanted.normal).cloned().unwrap_or_default();
        let places: BTreeSet<usize> =
            near.into_iter().take(CANDIDATES).map(|(_, place)| place).chain(equal).collect();
        let mut alike: Vec<(usize, u8)> = places
            .into_iter()
            .filter(|place| !exact.contains(place))
            .map(|place| (place, compare(&wanted, &self.names[place])))
            .filter(|(_, score)| *score >= LEAST)
            .collect();
        alike.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        Found { exact, alike }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_equal_whatever_way_they_are_written() {
        let rows = [
            ("Eddie's TV Repair", "eddies tv repair"),
            ("Eddie’s T.V. Repair, Inc.", "eddies tv repair"),
            ("  EDDIES   TV-Repair LLC ", "eddies tv repair"),
            ("Smith & Sons Ltd.", "smith and sons"),
            ("Smith and Sons Limited", "smith and sons"),
            ("Müller GmbH & Co. KG", "mueller"),
            ("Mueller", "mueller"),
            ("Café Olé S.A.", "cafe ole"),
            ("The Angry Fox", "angry fox"),
            ("Acme L.L.C.", "acme"),
            ("Company LLC", "company"),
            ("The", "the"),
            ("Smith and", "smith and"),
            ("!!!", "!!!"),
            ("東京 株式会社", "東京 株式会社"),
        ];
        for (name, expected) in rows {
            assert_eq!(normal(name), expected, "{name}");
        }
    }

    fn score(a: &str, b: &str) -> u8 {
        compare(&Name::of(a), &Name::of(b))
    }

    #[test]
    fn likeness_is_what_a_person_would_look_at() {
        // a, b -> the least and the greatest score that makes sense
        let rows = [
            ("Angry Fox", "Angry Fox", 100, 100),
            ("Angry Fox LLC", "the angry-fox", 100, 100),
            ("Angry Fox", "Angry Foxx", LEAST, 99),
            ("Eddies TV", "Eddie's TV Repair", LEAST, 99),
            ("Repair TV Eddies", "Eddie's TV Repair", 90, 99),
            ("Bay Street Dental", "Bay Street Dental Group", LEAST, 99),
            ("Angry Fox", "Joe TV Repair", 0, LEAST - 1),
            ("Store 12", "Store 13", 0, 0),
            ("Store 12", "Store", LEAST, 99),
            ("Eddie's TV Repair", "Joe TV Repair", 0, 80),
        ];
        for (a, b, least, most) in rows {
            let found = score(a, b);
            assert!((least..=most).contains(&found), "{a} / {b}: {found}");
        }
    }

    #[test]
    fn the_most_alike_comes_first() {
        let names = Names::new(["Joe TV Repair", "Eddies T.V. Repair Inc", "Angry Fox", "Eddie's TV Repair"]);
        let found = names.like("Eddie's TV Repair");
        assert_eq!(found.exact, [3]);
        assert_eq!(found.alike.first(), Some(&(1, 100)));
        assert_eq!(names.like("Eddie TV Repairs").exact, [0usize; 0]);
        assert_eq!(names.like("Zebra").alike, []);
    }

    fn any_name() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            Just("Angry"),
            Just("Fox"),
            Just("Eddie's"),
            Just("TV"),
            Just("Repair"),
            Just("&"),
            Just("Inc."),
            Just("LLC"),
            Just("GmbH"),
            Just("the"),
            Just("12"),
            Just("Müller"),
            Just("-"),
            Just("ß"),
        ];
        prop_oneof![proptest::collection::vec(word, 0..5).prop_map(|words| words.join(" ")), "\\PC{0,12}",]
    }

    proptest! {
        #[test]
        fn an_exact_match_is_never_missed(names in proptest::collection::vec(any_name(), 1..40), at: prop::sample::Index) {
            let at = at.index(names.len());
            let all = Names::new(names.iter().map(String::as_str));
            prop_assert!(all.like(&names[at]).exact.contains(&at));
        }

        /// Neither is one that only normalising shows.
        #[test]
        fn an_equal_name_is_never_missed(names in proptest::collection::vec(any_name(), 1..80), at: prop::sample::Index) {
            let at = at.index(names.len());
            let all = Names::new(names.iter().map(String::as_str));
            let found = all.like(&format!(" {} ", names[at].to_uppercase()));
            if normal(&names[at].to_uppercase()) == normal(&names[at]) {
                prop_assert!(found.exact.contains(&at) || found.alike.contains(&(at, 100)));
            }
        }

        #[test]
        fn it_is_symmetric_and_100_only_for_equal_names(a in any_name(), b in any_name()) {
            prop_assert_eq!(score(&a, &b), score(&b, &a));
            prop_assert_eq!(score(&a, &b) == 100, normal(&a) == normal(&b));
            prop_assert_eq!(score(&a, &a), 100);
        }

        #[test]
        fn normalising_twice_changes_nothing_that_matters(a in any_name()) {
            prop_assert_eq!(score(&a, &normal(&a)) == 100, normal(&normal(&a)) == normal(&a));
        }
    }
}
