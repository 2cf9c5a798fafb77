//! The sandbox, asked over the wire with a plain HTTP client: never with psactl's own.

mod access;
mod families;
mod faults;
mod lists;
mod open;
mod patch;
mod records;
mod releases;
mod rules;
mod serving;
mod sweep;
mod verbs;

use std::sync::Once;

use psactl::sandbox::{Options, Sandbox, World};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

/// A running sandbox and a client for it.
pub struct Psa {
    pub sandbox: Sandbox,
    pub http: reqwest::Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Got {
    pub async fn from(response: Response) -> Got {
        Got {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.expect("a body"),
        }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|why| panic!("{why}: {}", self.text))
    }

    /// The body of a success.
    pub fn ok(&self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.json()
    }

    /// `code field` of each entry of `errors[]` in a 400.
    pub fn errors(&self) -> Vec<String> {
        assert_eq!(self.status, 400, "{self:?}");
        let body = self.json();
        assert_eq!(body["code"], "InvalidObject", "{body}");
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        let line = |e: &Value| {
            format!("{} {}", e["code"].as_str().unwrap_or_default(), e["field"].as_str().unwrap_or_default())
        };
        errors.iter().map(line).collect()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }
}

pub fn http() -> reqwest::Client {
    static RING: Once = Once::new();
    RING.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

impl Psa {
    pub async fn start(options: Options) -> Psa {
        let sandbox = Sandbox::start(options).await.expect("the sandbox");
        Psa { sandbox, http: http() }
    }

    pub async fn bare() -> Psa {
        Psa::start(Options::default()).await
    }

    pub async fn integrated() -> Psa {
        let world = World::Integrated;
        Psa::start(Options { world, ..Options::default() }).await
    }

    pub fn api(&self, path: &str) -> String {
        format!("{}/v2025_8/apis/3.0{path}", self.sandbox.url())
    }

    /// A request without credentials.
    pub fn plain(&self, method: &str, path: &str) -> RequestBuilder {
        let method: Method = method.parse().expect("a method");
        self.http.request(method, self.api(path))
    }

    /// A request as psactl's API member.
    pub fn ask(&self, method: &str, path: &str) -> RequestBuilder {
        let user = format!("{}+{}", self.sandbox.company_id(), self.sandbox.public_key());
        self.plain(method, path)
            .basic_auth(user, Some(self.sandbox.private_key()))
            .header("clientId", self.sandbox.client_id())
    }

    /// The same as the second member.
    pub fn ask_second(&self, method: &str, path: &str) -> RequestBuilder {
        let user = format!("{}+{}", self.sandbox.company_id(), self.sandbox.second_public_key());
        self.plain(method, path)
            .basic_auth(user, Some(self.sandbox.second_private_key()))
            .header("clientId", self.sandbox.client_id())
    }

    pub async fn get(&self, path: &str) -> Got {
        send(self.ask("GET", path)).await
    }

    /// GET with query parameters.
    pub async fn query(&self, path: &str, pairs: &[(&str, &str)]) -> Got {
        send(self.ask("GET", path).query(pairs)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Got {
        send(self.ask("POST", path).json(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Got {
        send(self.ask("PUT", path).json(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Got {
        send(self.ask("PATCH", path).json(&body)).await
    }

    pub async fn replace(&self, path: &str, field: &str, value: Value) -> Got {
        self.patch(path, json!([{"op": "replace", "path": field, "value": value}])).await
    }

    pub async fn delete(&self, path: &str) -> Got {
        send(self.ask("DELETE", path)).await
    }

    /// The id of the one record that conditions name.
    pub async fn id(&self, path: &str, conditions: &str) -> i64 {
        let found = self.query(path, &[("conditions", conditions)]).await.ok();
        let found = found.as_array().expect("a list");
        assert_eq!(found.len(), 1, "{path} {conditions}: {found:?}");
        found[0]["id"].as_i64().expect("an id")
    }
}

pub async fn send(request: RequestBuilder) -> Got {
    Got::from(request.send().await.expect("an answer")).await
}

#[tokio::test]
async fn it_starts_serves_and_stops() {
    let psa = Psa::bare().await;
    let url = psa.sandbox.url();
    assert!(url.starts_with("http://127.0.0.1:"));
    let info = psa.get("/system/info").await.ok();
    assert!(info["version"].as_str().expect("text").starts_with("v2025.8"));
    assert_eq!(psa.sandbox.requests().len(), 1);
    psa.sandbox.stop().await;
    let gone = http().get(url).send().await;
    assert!(gone.is_err() || gone.is_ok_and(|r| r.status() == StatusCode::BAD_GATEWAY));
}
