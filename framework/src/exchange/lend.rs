//! The request, lent to somebody who needs it whole: a middleware of actix-web takes a request by value, and may drop it.

use actix_web::HttpMessage as _;
use actix_web::dev::ServiceRequest;
use actix_web::test::TestRequest;

use crate::exchange::Exchange;

impl Exchange {
    /// Gives the request away. Until [`Self::take_back`], another of the same head stands in for it: should the borrower
    /// fail and drop the request, error pages and the log still know what was asked.
    ///
    /// The stand-in has no `app_data` and no body, and of the extensions only the visitor and the name: nothing else can be copied,
    /// since a second handle on the request would keep the borrower from changing its head.
    pub(crate) fn lend(&mut self) -> ServiceRequest {
        let stand_in = self.stand_in();
        std::mem::replace(&mut self.sent, stand_in)
    }

    /// Takes the request back, with what the borrower has changed of it.
    pub(crate) fn take_back(&mut self, request: ServiceRequest) {
        self.sent = request;
    }

    fn stand_in(&self) -> ServiceRequest {
        let request = self.request();
        let mut stand_in = TestRequest::default().to_srv_request();
        let head = stand_in.head_mut();
        head.method = request.method().clone();
        head.uri = request.uri().clone();
        head.version = request.version();
        head.headers = request.headers().clone();
        head.peer_addr = request.peer_addr();
        if let Some(client) = self.extra.as_ref().and_then(|extra| extra.client.clone()) {
            stand_in.extensions_mut().insert(client);
        }
        if let Some(id) = self.id() {
            stand_in.extensions_mut().insert(id.clone());
        }
        stand_in
    }
}
