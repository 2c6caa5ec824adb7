//! `PersistentSkyDriveAPI`: the convenience layer with a state file behind it.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use super::auth::{Auth, Keep as _, Secret};
use super::conf::{Conf, ConfKeeper};
use super::http::{HttpClient, Retry};
use super::transport::Transport;
use super::wrapper::{ApiWrapper, Endpoints};
use super::{Api, Error};

/// What a program may want otherwise than the state file says.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Id of the application.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<Secret>,
    /// Where the service is.
    pub endpoints: Option<Endpoints>,
    /// How patient the client is.
    pub retry: Option<Retry>,
    /// Another way to make HTTP exchanges.
    pub transport: Option<Arc<dyn Transport>>,
}

/// An [`Api`] whose tokens are saved in a state file after every change.
#[derive(Debug)]
pub struct PersistentApi {
    api: Api,
    keeper: ConfKeeper,
}

impl PersistentApi {
    /// Reads the state file; without a path, `~/.lcrc`.
    pub fn from_conf(path: Option<&Path>, overrides: Overrides) -> Result<Self, Error> {
        let path = path.map_or_else(Conf::default_path, Path::to_owned);
        let conf = Conf::load(&path)?;
        let mut http = match overrides.transport {
            Some(transport) => HttpClient::over(transport),
            None => HttpClient::new(&conf.http_settings()?)?,
        };
        http.base_headers = conf.base_headers()?;
        http.retry = overrides.retry.unwrap_or_default();
        let endpoints = overrides.endpoints.map_or_else(|| conf.endpoints(), Ok)?;
        let mut settings = conf.auth_settings(&endpoints);
        settings.client_id = overrides.client_id.or(settings.client_id);
        settings.client_secret = overrides.client_secret.or(settings.client_secret);
        let keeper = ConfKeeper::new(&conf);
        let auth = Auth::new(http, settings, conf.tokens()).with_keeper(Arc::new(keeper.clone()));
        Ok(Self { api: Api::new(ApiWrapper::new(auth, endpoints)), keeper })
    }

    /// Saves the tokens. They are saved after every change anyway.
    pub fn sync(&self) -> Result<(), Error> {
        let hold = self.keeper.hold()?;
        Ok(self.keeper.keep(&hold, &self.api.wrapper().auth.tokens())?)
    }
}

impl Deref for PersistentApi {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}
