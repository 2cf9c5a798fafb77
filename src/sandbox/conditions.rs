//! The `conditions` language (contract: behaviours, section 3).
//!
//! ```text
//! or         := and ( "or" and )*
//! and        := unary ( "and" unary )*
//! unary      := "not" unary | "(" or ")" | comparison
//! comparison := path ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) literal
//!             | path [ "not" ] ( "contains" | "like" ) string
//!             | path [ "not" ] "in" "(" literal ( "," literal )* ")"
//! literal    := string | number | "true" | "false" | "null" | "[" date "]"
//! ```
//!
//! Words are matched in any case. Strings stand in double or single quotes. The contract does not
//! say how a quote is written inside a string; accepted here are a backslash before it (`\"`, `\'`,
//! and `\\` for the backslash itself) and the quote doubled (`""`). A backslash before anything else
//! is itself. With plain quotes none of this holds: a string ends at the next quote like its first, and
//! a backslash is a letter as any other. In `like`, `%` and `*` stand for any run of characters, and
//! `[[]` for a literal `[`; where an option has it so, `*` does in `=` and `!=`.

use jiff::civil::DateTime;
use rust_decimal::Decimal;

/// Nesting beyond this is refused: no honest condition needs it.
const MAX_DEPTH: usize = 40;

/// A literal of a condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// In quotes, without them and without what they escape.
    Text(String),
    /// Digits, with a sign or a point.
    Number(Decimal),
    /// `true` or `false`.
    Bool(bool),
    /// In brackets, in UTC.
    Date(DateTime),
    /// No value.
    Null,
}

impl Literal {
    pub(super) fn described(&self) -> &'static str {
        match self {
            Literal::Text(_) => "String",
            Literal::Number(_) => "Numeric",
            Literal::Bool(_) => "Boolean",
            Literal::Date(_) => "Date",
            Literal::Null => "Null",
        }
    }
}

/// How a field is compared.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// `=`
    Equal(Literal),
    /// `!=`
    Unequal(Literal),
    /// `<`
    Less(Literal),
    /// `<=`
    AtMost(Literal),
    /// `>`
    Greater(Literal),
    /// `>=`
    AtLeast(Literal),
    /// `contains`
    Contains(String),
    /// `like`
    Like(String),
    /// `=` with a `*` in the text, where that is a wildcard. Never parsed, but made of what was.
    Matches(String),
    /// `!=` likewise.
    Differs(String),
    /// `in`
    In(Vec<Literal>),
}

/// What is done to each comparison: its path, and how it is compared.
pub(super) type EachComparison<'a> = dyn FnMut(&mut Vec<String>, &mut Test) -> Result<(), String> + 'a;

/// A condition, as parsed; names of fields are still as they were written.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Each of them holds; more than one.
    All(Vec<Condition>),
    /// At least one of them holds; more than one.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A field against what it is compared with.
    Compare {
        /// `company/name` in its parts.
        path: Vec<String>,
        /// How it is compared.
        test: Test,
    },
}

impl Condition {
    /// Parses a whole expression. With `plain_quotes` nothing within quotes has a meaning but the quote that ends them.
    ///
    /// # Errors
    /// What was expected and what was found, in ConnectWise's words.
    pub fn parse(text: &str, plain_quotes: bool) -> Result<Condition, String> {
        let tokens = tokens(text, plain_quotes)?;
        let mut parser = Parser { tokens, at: 0, depth: 0 };
        let condition = parser.or()?;
        match parser.peek() {
            None => Ok(condition),
            Some(token) => Err(expected("\"and\", \"or\" or the end", Some(token))),
        }
    }

    /// Every comparison's path, for checking against a schema.
    pub(super) fn paths_mut(&mut self, act: &mut EachComparison<'_>) -> Result<(), String> {
        match self {
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter_mut().try_for_each(|part| part.paths_mut(act))
            }
            Condition::Not(part) => part.paths_mut(act),
            Condition::Compare { path, test } => act(path, test),
        }
    }

    /// Whether the condition holds, given a way to test one comparison.
    pub(super) fn holds(&self, compare: &dyn Fn(&[String], &Test) -> bool) -> bool {
        match self {
            Condition::All(parts) => parts.iter().all(|part| part.holds(compare)),
            Condition::Any(parts) => parts.iter().any(|part| part.holds(compare)),
            Condition::Not(part) => !part.holds(compare),
            Condition::Compare { path, test } => compare(path, test),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Number(Decimal),
    Date(DateTime),
    Sign(&'static str),
}

fn tokens(text: &str, plain_quotes: bool) -> Result<Vec<Token>, String> {
    let letters: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&c) = letters.get(at) {
        match c {
            _ if c.is_whitespace() => at += 1,
            '"' | '\'' => {
                let (text, next) = quoted(&letters, at, plain_quotes)?;
                found.push(Token::Text(text));
                at = next;
            }
            '[' => {
                let end = letters[at..].iter().position(|c| *c == ']');
                let end = at + end.ok_or("Date literal is not closed by \"]\".")?;
                let inner: String = letters[at + 1..end].iter().collect();
                let date = date(inner.trim());
                found.push(Token::Date(
                    date.ok_or_else(|| format!("Date literal expected, \"[{inner}]\" found."))?,
                ));
                at = end + 1;
            }
            '0'..='9' | '-' | '.' => {
                let mut end = at + 1;
                while letters.get(end).is_some_and(|c| c.is_ascii_digit() || *c == '.') {
                    end += 1;
                }
                let word: String = letters[at..end].iter().collect();
                let number = word.parse();
                found.push(Token::Number(
                    number.map_err(|_| format!("Numeric literal expected, \"{word}\" found."))?,
                ));
                at = end;
            }
            _ if c.is_alphabetic() || c == '_' => {
                let mut end = at;
                while letters.get(end).is_some_and(|c| c.is_alphanumeric() || *c == '_' || *c == '/') {
                    end += 1;
                }
                found.push(Token::Word(letters[at..end].iter().collect()));
                at = end;
            }
            _ => {
                let next = letters.get(at + 1);
                let sign = match (c, next) {
                    ('!', Some('=')) => "!=",
                    ('<', Some('=')) => "<=",
                    ('>', Some('=')) => ">=",
                    ('=', _) => "=",
                    ('<', _) => "<",
                    ('>', _) => ">",
                    ('(', _) => "(",
                    (')', _) => ")",
                    (',', _) => ",",
                    _ => return Err(format!("Unexpected character \"{c}\".")),
                };
                found.push(Token::Sign(sign));
                at += sign.len();
            }
        }
    }
    Ok(found)
}

fn quoted(letters: &[char], start: usize, plain: bool) -> Result<(String, usize), String> {
    let quote = letters[start];
    let mut text = String::new();
    let mut at = start + 1;
    while let Some(&c) = letters.get(at) {
        let next = letters.get(at + 1).copied();
        match (c, next) {
            _ if plain && c == quote => return Ok((text, at + 1)),
            ('\\', Some(n)) if !plain && (n == '\\' || n == '"' || n == '\'') => {
                text.push(n);
                at += 2;
            }
            _ if c == quote && next == Some(quote) => {
                text.push(quote);
                at += 2;
            }
            _ if c == quote => return Ok((text, at + 1)),
            _ => {
                text.push(c);
                at += 1;
            }
        }
    }
    Err("String literal is not closed.".to_owned())
}

/// A date of a condition: with a time or without, in UTC. An offset is refused, as in a body.
pub(super) fn date(text: &str) -> Option<DateTime> {
    let time = text.split_once(['T', 't', ' ']).map_or("", |(_, time)| time);
    if time.contains(['+', '-']) {
        return None;
    }
    text.strip_suffix(['Z', 'z']).unwrap_or(text).parse().ok()
}

fn expected(what: &str, found: Option<&Token>) -> String {
    let found = match found {
        None => "the end".to_owned(),
        Some(Token::Word(word)) => format!("\"{word}\""),
        Some(Token::Sign(sign)) => format!("\"{sign}\""),
        Some(Token::Text(_)) => "a string literal".to_owned(),
        Some(Token::Number(_)) => "a numeric literal".to_owned(),
        Some(Token::Date(_)) => "a date literal".to_owned(),
    };
    format!("{what} expected, {found} found.")
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn word(&mut self, word: &str) -> bool {
        let hit = matches!(self.peek(), Some(Token::Word(w)) if w.eq_ignore_ascii_case(word));
        self.at += usize::from(hit);
        hit
    }

    fn sign(&mut self, sign: &str) -> bool {
        let hit = matches!(self.peek(), Some(Token::Sign(s)) if *s == sign);
        self.at += usize::from(hit);
        hit
    }

    fn or(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.and()?];
        while self.word("or") {
            parts.push(self.and()?);
        }
        Ok(single(parts, Condition::Any))
    }

    fn and(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.unary()?];
        while self.word("and") {
            parts.push(self.unary()?);
        }
        Ok(single(parts, Condition::All))
    }

    fn unary(&mut self) -> Result<Condition, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("The conditions are nested too deeply.".to_owned());
        }
        let condition = if self.word("not") {
            Condition::Not(Box::new(self.unary()?))
        } else if self.sign("(") {
            let inner = self.or()?;
            if !self.sign(")") {
                return Err(expected("\")\"", self.peek()));
            }
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn comparison(&mut self) -> Result<Condition, String> {
        let path = match self.next() {
            Some(Token::Word(word)) if !word.split('/').any(str::is_empty) => {
                word.split('/').map(str::to_owned).collect()
            }
            other => return Err(expected("A field", other.as_ref())),
        };
        let negated = self.word("not");
        let test = if self.word("contains") {
            Test::Contains(self.text()?)
        } else if self.word("like") {
            Test::Like(self.text()?)
        } else if self.word("in") {
            Test::In(self.list()?)
        } else if negated {
            return Err(expected("\"contains\", \"like\" or \"in\"", self.peek()));
        } else {
            self.ordered()?
        };
        let compare = Condition::Compare { path, test };
        Ok(if negated { Condition::Not(Box::new(compare)) } else { compare })
    }

    fn ordered(&mut self) -> Result<Test, String> {
        let sign = match self.next() {
            Some(Token::Sign(sign)) => sign,
            other => return Err(expected("An operator", other.as_ref())),
        };
        let make = match sign {
            "=" => Test::Equal,
            "!=" => Test::Unequal,
            "<" => Test::Less,
            "<=" => Test::AtMost,
            ">" => Test::Greater,
            ">=" => Test::AtLeast,
            _ => return Err(format!("An operator expected, \"{sign}\" found.")),
        };
        Ok(make(self.literal()?))
    }

    fn literal(&mut self) -> Result<Literal, String> {
        match self.next() {
            Some(Token::Text(text)) => Ok(Literal::Text(text)),
            Some(Token::Number(number)) => Ok(Literal::Number(number)),
            Some(Token::Date(date)) => Ok(Literal::Date(date)),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("true") => Ok(Literal::Bool(true)),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("false") => Ok(Literal::Bool(false)),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("null") => Ok(Literal::Null),
            other => Err(expected("A literal", other.as_ref())),
        }
    }

    fn text(&mut self) -> Result<String, String> {
        match self.next() {
            Some(Token::Text(text)) => Ok(text),
            other => Err(expected("String literal", other.as_ref())),
        }
    }

    fn list(&mut self) -> Result<Vec<Literal>, String> {
        if !self.sign("(") {
            return Err(expected("\"(\"", self.peek()));
        }
        let mut items = vec![self.literal()?];
        while self.sign(",") {
            items.push(self.literal()?);
        }
        match self.sign(")") {
            true => Ok(items),
            false => Err(expected("\",\" or \")\"", self.peek())),
        }
    }
}

fn single(mut parts: Vec<Condition>, many: fn(Vec<Condition>) -> Condition) -> Condition {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            many(parts)
        }
        None => many(parts),
    }
}

/// Matches `like`: `%` and `*` are any run, `[[]` is `[`; letters in any case.
pub fn like(text: &str, pattern: &str) -> bool {
    matches(text, &pattern.replace("[[]", "["), &['%', '*'])
}

/// Matches text in which `*` is any run and nothing else has a meaning; letters in any case.
pub(super) fn starred(text: &str, pattern: &str) -> bool {
    matches(text, pattern, &['*'])
}

fn matches(text: &str, pattern: &str, wild: &[char]) -> bool {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let (mut t, mut p) = (0, 0);
    // Where the last wildcard stands, and how much of the text it has eaten.
    let mut back: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(c) if wild.contains(c) => {
                back = Some((p, t));
                p += 1;
            }
            Some(c) if *c == text[t] => {
                t += 1;
                p += 1;
            }
            _ => match back {
                Some((star, eaten)) => {
                    back = Some((star, eaten + 1));
                    p = star + 1;
                    t = eaten + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| wild.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Condition, String> {
        Condition::parse(text, false)
    }

    fn one(text: &str) -> (String, Test) {
        match parse(text).expect(text) {
            Condition::Compare { path, test } => (path.join("/"), test),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn literals() {
        let text = |t: &str| Test::Equal(Literal::Text(t.into()));
        assert_eq!(one(r#"name="x""#), ("name".into(), text("x")));
        assert_eq!(one("Name = 'x y'"), ("Name".into(), text("x y")));
        assert_eq!(one(r#"name="Eddie's TV""#).1, text("Eddie's TV"));
        assert_eq!(one(r#"name="a \"b\" c""#).1, text(r#"a "b" c"#));
        assert_eq!(one(r#"name="a ""b"" c""#).1, text(r#"a "b" c"#));
        assert_eq!(one("name='Eddie''s'").1, text("Eddie's"));
        assert_eq!(one(r#"name="C:\temp\\""#).1, text(r"C:\temp\"));
        assert_eq!(one("a/b/c=true").0, "a/b/c");
        assert_eq!(one("a=TRUE").1, Test::Equal(Literal::Bool(true)));
        assert_eq!(one("a!=Null").1, Test::Unequal(Literal::Null));
        assert_eq!(one("a<=-1.50").1, Test::AtMost(Literal::Number("-1.50".parse().expect("number"))));
        let Test::Greater(Literal::Date(date)) = one("lastUpdated > [2016-08-20T18:04:26Z]").1 else {
            panic!("a date")
        };
        assert_eq!(date.to_string(), "2016-08-20T18:04:26");
        assert_eq!(
            one("id in (3, 2,4)").1,
            Test::In([3, 2, 4].map(|n| Literal::Number(Decimal::from(n))).to_vec())
        );
    }

    #[test]
    fn plain_quotes_end_a_string() {
        let plain = |text: &str| match Condition::parse(text, true) {
            Ok(Condition::Compare { test: Test::Equal(Literal::Text(text)), .. }) => Some(text),
            _ => None,
        };
        assert_eq!(plain(r#"name="C:\temp\""#).as_deref(), Some(r"C:\temp\"));
        assert_eq!(plain(r#"name='a \"b\"'"#).as_deref(), Some(r#"a \"b\""#));
        assert_eq!(plain(r#"name="a \"b\" c""#), None);
        assert_eq!(plain(r#"name="a ""b"" c""#), None);
        assert_eq!(plain("name='Eddie''s'"), None);
    }

    #[test]
    fn dates_have_no_offset() {
        for (text, read) in [
            ("2016-08-20T18:04:26Z", "2016-08-20T18:04:26"),
            ("2016-08-20T18:04:26.5Z", "2016-08-20T18:04:26.5"),
            ("2016-08-20T18:04:26", "2016-08-20T18:04:26"),
            ("2016-08-20 18:04", "2016-08-20T18:04:00"),
            ("2016-08-20", "2016-08-20T00:00:00"),
            ("9999-12-31T00:00:00Z", "9999-12-31T00:00:00"),
        ] {
            assert_eq!(date(text).map(|time| time.to_string()).as_deref(), Some(read), "{text}");
        }
        for text in ["2016-08-20T18:04:26-04:00", "2016-08-20T18:04:26+00:00", "2016-08-20 18:04-04"] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn and_binds_tighter_than_or() {
        let parsed = parse("a=1 or b=2 AND c=3").expect("parses");
        let Condition::Any(parts) = &parsed else { panic!("{parsed:?}") };
        assert!(matches!(parts[1], Condition::All(_)));
        let parsed = parse("(a=1 or b=2) and not c=3").expect("parses");
        assert!(matches!(parsed, Condition::All(_)));
        let parsed = parse(r#"summary not contains "x""#).expect("parses");
        assert!(matches!(parsed, Condition::Not(_)));
    }

    #[test]
    fn what_is_refused() {
        for text in [
            "",
            "name",
            "name=",
            "=1",
            "name=\"x",
            "a=1 b=2",
            "a=1 and",
            "(a=1",
            "a=1)",
            "a in ()",
            "a in (1",
            "a=[yesterday]",
            "a=[2016-01-01",
            "a contains 1",
            "a like true",
            "a ! b",
            "a//b=1",
            "a=1.2.3",
            "name=x",
            "a not = 1",
            "a == 1",
            "a ; b",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"(".repeat(100_000)).is_err());
        assert!(parse(&"not ".repeat(100_000)).is_err());
    }

    #[test]
    fn wildcards() {
        assert!(like("Online Backup", "online*"));
        assert!(like("Online Backup", "%BACKUP"));
        assert!(like("Online Backup", "%e b%"));
        assert!(like("Online Backup", "online backup"));
        assert!(!like("Online Backup", "online"));
        assert!(like("[x] y", "[[]x]*"));
        assert!(like("", "%"));
        assert!(!like("", "a%"));
        assert!(starred("50% [x] more", "50%*MORE") && !starred("50 more", "50%*more"));
        assert!(!starred("[x]", "[[]x]*"));
        assert!(like(&"a".repeat(5000), &("a*".repeat(2000) + "a")));
    }
}
