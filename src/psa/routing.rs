//! Where requests go: the company look-up, made once, and once more when the API has moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::Mutex;

use super::answer::{Answer, Failed};
use super::decode::{json, not_connectwise};
use super::discovery::{self, Route};
use super::error::{Error, Method, Tried};
use super::reply::clean;
use super::transport::{Call, Transport};

/// Where requests go, once it is known.
#[derive(Default)]
pub(super) struct Routing {
    known: Mutex<Known>,
    /// Counts the look-ups, so that whoever waited for one takes its result.
    lookups: AtomicU64,
    /// Whether a look-up on account of a wrong address has led nowhere, and no request got through since: then
    /// none is made again.
    in_vain: AtomicBool,
}

#[derive(Default)]
struct Known {
    route: Option<Arc<Route>>,
    failed: Option<Error>,
}

impl Transport {
    /// Sends a request to the API.
    ///
    /// When the answer is what a wrong codebase gives (it changes with each release of a cloud site), the
    /// company is looked up once more; if that brings another address, the request goes there, once. It did
    /// not reach ConnectWise the first time, so that this is safe for writes too. A site that always says a
    /// new address, or the same one, is not asked again until a request has got through.
    pub(super) async fn send(&self, call: Call) -> Result<Answer, Error> {
        let route = self.route(None).await?;
        let failed = match self.through(&route, &call).await {
            Err(failed) if failed.misrouted && !self.routing.in_vain.load(Ordering::Acquire) => failed,
            other => return other.map_err(|failed| failed.error),
        };
        let found = match self.route(Some(&route)).await {
            Ok(found) if found.root != route.root => found,
            // A look-up that fails for now says nothing; the next request may have better luck.
            Err(error) if error.is_unreachable() => return Err(failed.error),
            _ => {
                self.routing.in_vain.store(true, Ordering::Release);
                return Err(failed.error);
            }
        };
        tracing::info!("the API's address has changed");
        self.through(&found, &call).await.map_err(|failed| {
            if failed.misrouted {
                self.routing.in_vain.store(true, Ordering::Release);
            }
            failed.error
        })
    }

    /// Sends a request to the API at this address.
    async fn through(&self, route: &Arc<Route>, call: &Call) -> Result<Answer, Failed> {
        let sent = self.exchange(&route.address(&call.tried.path, &call.query), call, Some(route)).await;
        if !sent.as_ref().is_err_and(|failed| failed.misrouted || failed.status.is_none()) {
            self.routing.in_vain.store(false, Ordering::Release);
        }
        sent
    }

    /// Where requests go; looked up on the first request, and again when `stale` is what is known.
    pub(super) async fn route(&self, stale: Option<&Arc<Route>>) -> Result<Arc<Route>, Error> {
        let seen = self.routing.lookups.load(Ordering::Acquire);
        let mut known = self.routing.known.lock().await;
        if let Some(route) = &known.route
            && !stale.is_some_and(|stale| Arc::ptr_eq(stale, route))
        {
            return Ok(Arc::clone(route));
        }
        let waited = self.routing.lookups.load(Ordering::Acquire) != seen;
        if let Some(error) = known.failed.as_ref().filter(|_| waited) {
            return Err(error.clone());
        }
        let looked_up = self.look_up().await;
        self.routing.lookups.fetch_add(1, Ordering::Release);
        match looked_up {
            Ok(route) => {
                let route = Arc::new(route);
                known.failed = None;
                known.route = Some(Arc::clone(&route));
                Ok(route)
            }
            Err(error) => {
                known.failed = Some(error.clone());
                Err(error)
            }
        }
    }

    /// Asks the site where the company's API is. No credentials are sent.
    async fn look_up(&self) -> Result<Route, Error> {
        let company_id = &self.connection.company_id;
        let host = self.site.login_site().host().to_owned();
        let tried = Tried {
            method: Method::Get,
            path: "/login/companyinfo".to_owned(),
            action: format!("looking up the company “{}” at {host}", clean(company_id, 60)),
            request_id: None,
        };
        let call = Call::of(tried);
        let answer = match self.exchange(&discovery::address(&self.site, company_id), &call, None).await {
            Ok(answer) => answer,
            Err(Failed { status: Some(404), .. }) => return Err(discovery::unknown(&self.site, company_id)),
            Err(failed) => return Err(failed.error),
        };
        let value = json(&answer.body, &answer.tried, &host)?;
        match discovery::route(&self.site, &value) {
            Ok(Some(route)) => Ok(route),
            Ok(None) => Err(discovery::unknown(&self.site, company_id)),
            Err(problem) => Err(not_connectwise(&answer.tried, &host, problem)),
        }
    }
}
