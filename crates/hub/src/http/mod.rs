//! The endpoints of a hub.
//!
//! | | |
//! |---|---|
//! | `POST /` | takes an envelope |
//! | `GET /` | what this is |
//! | `POST /graphql` | answers queries |
//! | `GET /schema.graphql` | what can be asked |
//! | `GET /log?from=0&limit=100` | the signed log, with the envelopes |
//! | `GET /health`, `GET /metrics` | for the operator |

mod connections;
mod limits;
mod routes;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use btrst_offchain::json::MAX_BYTES;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower_http::cors::{Any, CorsLayer};
use tower_http::timeout::TimeoutLayer;

use crate::graphql::{self, Schema};
use crate::metrics::count;
use crate::{Error, Hub, Result};
use connections::Connections;
use limits::Limits;

/// Most time for a request.
const PATIENCE: Duration = Duration::from_secs(30);

/// Most time for the requests that are underway when the hub is to stop.
const GRACE: Duration = Duration::from_secs(10);

/// How a hub is served.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Requests a second of one address, on average; ten times as many at once. Any number where there is none.
    pub rate: Option<u32>,
    /// A proxy is in front, and states the client's address as the last one in `X-Forwarded-For`.
    pub behind_proxy: bool,
}

/// What requests work with.
#[derive(Clone)]
struct Served {
    hub: Arc<Hub>,
    schema: Schema,
    limits: Arc<Limits>,
    options: Options,
}

/// Serves `hub` on `listener` until `stop` is done, and what is underway then.
///
/// # Errors
/// [`Error::Listen`] when the listener fails.
pub async fn serve(
    hub: Arc<Hub>,
    listener: TcpListener,
    options: Options,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let address = listener.local_addr().map(|address| address.to_string()).unwrap_or_default();
    let routes = routes(hub, options).into_make_service_with_connect_info::<SocketAddr>();
    // Whoever has no limit of requests has none of connections either.
    let listener = Connections::new(listener, options.behind_proxy || options.rate.is_none()).tap_io(|_| {});
    let (stopped, late) = oneshot::channel();
    let stop = async move {
        stop.await;
        // Nobody minds when the server has ended already.
        let _ = stopped.send(());
    };
    let late = async move {
        if late.await.is_ok() {
            tokio::time::sleep(GRACE).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        ended = axum::serve(listener, routes).with_graceful_shutdown(stop) => {
            ended.map_err(|source| Error::Listen { address, source })
        }
        // A client that never ends its request does not keep the hub from stopping.
        () = late => Ok(()),
    }
}

fn routes(hub: Arc<Hub>, options: Options) -> Router {
    let served = Served {
        schema: graphql::schema(Arc::clone(&hub)),
        hub,
        limits: Arc::new(Limits::new(options.rate)),
        options,
    };
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::CONTENT_TYPE, header::ACCEPT]);
    let limited = Router::new()
        .route("/", get(routes::about).post(routes::submit))
        .route("/graphql", post(routes::graphql))
        .route("/log", get(routes::log))
        .layer(middleware::from_fn_with_state(served.clone(), limit));
    Router::new()
        .route("/schema.graphql", get(routes::schema))
        .route("/health", get(routes::health))
        .route("/metrics", get(routes::metrics))
        .merge(limited)
        .layer(DefaultBodyLimit::max(MAX_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, PATIENCE))
        .layer(cors)
        .with_state(served)
}

/// Refuses requests of an address that sends too many.
async fn limit(
    State(served): State<Served>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let client = limits::client(peer.ip(), request.headers(), served.options.behind_proxy);
    if served.limits.allow(client) {
        return next.run(request).await;
    }
    count(&served.hub.metrics.limited);
    routes::refused(StatusCode::TOO_MANY_REQUESTS, "too many requests", "")
}
