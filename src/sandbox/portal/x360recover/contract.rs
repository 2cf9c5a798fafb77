//! The contract document: routes, parameters, and the form of answers.

use serde_json::{Map, Value};

/// The document, without its prose.
const DOCUMENT: &str = include_str!("contract.json");

/// Where the API stands, and where its billing part does.
const MOUNTS: [(&str, bool); 2] = [("/x360recover", false), ("/billing", true)];

pub struct Contract {
    paths: Map<String, Value>,
    #[cfg(test)]
    schemas: Map<String, Value>,
}

/// A request that has a route.
pub struct Asked<'a> {
    pub template: &'a str,
    pub ids: Vec<i64>,
    pub success: u16,
    operation: &'a Value,
}

/// What a request or an answer has that the document does not allow.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem(pub String);

impl Contract {
    pub fn load() -> Result<Contract, String> {
        let document: Value = serde_json::from_str(DOCUMENT).map_err(|error| error.to_string())?;
        let part = |name: &str| {
            let found = document.get(name).and_then(Value::as_object).cloned();
            found.ok_or_else(|| format!("the x360Recover contract has no {name}"))
        };
        Ok(Contract {
            paths: part("paths")?,
            #[cfg(test)]
            schemas: part("schemas")?,
        })
    }

    /// All paths with this method.
    #[cfg(test)]
    pub fn templates<'a>(&'a self, method: &str) -> impl Iterator<Item = &'a str> {
        let method = method.to_ascii_lowercase();
        let paths = self.paths.iter().filter(move |(_, operations)| operations.get(&method).is_some());
        paths.map(|(template, _)| template.as_str())
    }

    /// The path of the document that this one is, or an empty text.
    pub fn template(&self, path: &str) -> String {
        self.find(path).map(|(template, _)| template.to_owned()).unwrap_or_default()
    }

    pub fn route(&self, method: &str, path: &str) -> Option<Asked<'_>> {
        let (template, ids) = self.find(path)?;
        let operation = self.paths.get(template)?.get(method.to_ascii_lowercase())?;
        let success = operation.get("responses")?.as_object()?.keys().next()?.parse().ok()?;
        Some(Asked { template, ids, success, operation })
    }

    fn find(&self, path: &str) -> Option<(&str, Vec<i64>)> {
        let (below, billing) = MOUNTS.iter().find_map(|(mount, billing)| {
            let below = path.strip_prefix(mount)?;
            below.starts_with('/').then_some((below, *billing))
        })?;
        // Production takes a slash at the end.
        let parts: Vec<&str> = below.trim_end_matches('/').split('/').skip(1).collect();
        let matches = |template: &str| -> Option<Vec<i64>> {
            let wanted: Vec<&str> = template.split('/').skip(1).collect();
            if wanted.len() != parts.len() || template.starts_with("/usage") != billing {
                return None;
            }
            let mut ids = Vec::new();
            for (wanted, part) in wanted.iter().zip(&parts) {
                match wanted.starts_with('{') {
                    true => ids.push(part.parse().ok()?),
                    false if wanted == part => {}
                    false => return None,
                }
            }
            Some(ids)
        };
        self.paths.keys().find_map(|template| Some((template.as_str(), matches(template)?)))
    }

    /// Whether the document knows these parameters, with these values.
    pub fn check_query(&self, asked: &Asked<'_>, query: &[(String, String)]) -> Result<(), Problem> {
        let known = asked.operation.get("parameters").and_then(Value::as_array);
        let known: &[Value] = known.map_or(&[], Vec::as_slice);
        for (name, value) in query {
            // A known client sends both here, too; they have no effect.
            let ignored = asked.template == "/client/{client_id}/device"
                && ["limit", "offset"].contains(&name.as_str());
            let of_query = |parameter: &&Value| {
                parameter.get("in").and_then(Value::as_str) == Some("query")
                    && parameter.get("name").and_then(Value::as_str) == Some(name)
            };
            let Some(parameter) = known.iter().find(of_query) else {
                if ignored {
                    continue;
                }
                return Err(Problem(format!("Extra query parameter(s) {name} not in spec")));
            };
            let schema = parameter.get("schema").unwrap_or(&Value::Null);
            let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
            let listed = schema.get("enum").and_then(Value::as_array);
            let fits = match kind {
                "integer" => value.parse::<i64>().is_ok_and(|number| number >= 0),
                "boolean" => ["true", "false"].contains(&value.as_str()),
                _ => listed.is_none_or(|listed| listed.iter().any(|known| known.as_str() == Some(value))),
            };
            let long = |name: &str| schema.get(name).and_then(Value::as_u64);
            let length = value.chars().count() as u64;
            let fits = fits
                && long("minLength").is_none_or(|least| length >= least)
                && long("maxLength").is_none_or(|most| length <= most);
            if !fits {
                return Err(Problem(format!("Wrong type, expected '{kind}' for query parameter '{name}'")));
            }
        }
        Ok(())
    }

    /// Whether an answer has the form of the document.
    #[cfg(test)]
    pub fn check_answer(&self, method: &str, template: &str, body: &Value) -> Result<(), Problem> {
        let operation = &self.paths[template][method.to_ascii_lowercase()];
        let responses = operation["responses"].as_object().expect("responses");
        let schema = &responses.values().next().expect("a success")["schema"];
        self.check(schema, body, template)
    }

    #[cfg(test)]
    fn check(&self, schema: &Value, value: &Value, at: &str) -> Result<(), Problem> {
        let bad = |why: String| Err(Problem(format!("{at}: {why}")));
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            let name = name.rsplit('/').next().unwrap_or_default();
            return self.check(&self.schemas[name], value, at);
        }
        if value.is_null() && schema.get("nullable") == Some(&Value::Bool(true)) {
            return Ok(());
        }
        if let Some(any) = schema.get("oneOf").and_then(Value::as_array) {
            let fits = any.iter().any(|one| self.check(one, value, at).is_ok());
            return if fits { Ok(()) } else { bad(format!("{value} is none of these")) };
        }
        for one in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.check(one, value, at)?;
        }
        if let Some(listed) = schema.get("enum").and_then(Value::as_array)
            && !listed.contains(value)
        {
            return bad(format!("{value} is not in {listed:?}"));
        }
        match (schema.get("type").and_then(Value::as_str), value) {
            (Some("object"), Value::Object(fields)) => {
                let known = schema.get("properties").and_then(Value::as_object);
                for (name, value) in fields {
                    match known.and_then(|known| known.get(name)) {
                        Some(schema) => self.check(schema, value, &format!("{at}.{name}"))?,
                        None if schema.get("additionalProperties").is_some() => {}
                        None => return bad(format!("no field {name}")),
                    }
                }
                Ok(())
            }
            (Some("array"), Value::Array(list)) => {
                for value in list {
                    self.check(&schema["items"], value, &format!("{at}[]"))?;
                }
                Ok(())
            }
            (Some("integer"), Value::Number(number)) if number.is_i64() => Ok(()),
            (Some("string"), Value::String(_)) | (Some("boolean"), Value::Bool(_)) | (None, _) => Ok(()),
            (kind, value) => bad(format!("{value} is no {}", kind.unwrap_or_default())),
        }
    }
}
