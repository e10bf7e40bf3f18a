//! Two persons (R14) who sign in: sessions, their persons' keys, access tokens, and people who are shut out meanwhile.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod provider;
mod service;

use interdict_server::FourEyes;
use interdict_state::{NewKey, Role};
use provider::{Browser, Pair, Provider};
use serde_json::{Value, json};
use service::{Answer, Service};

const KEY: &str = r#"{"name": "payments", "roles": ["machine"]}"#;

fn serving(provider: &Provider) -> Service {
    Service::with(|settings| {
        settings.oidc = Some(provider.settings());
        settings.four_eyes = FourEyes::parse(["keys"]).unwrap();
    })
}

/// Somebody who asks: with a session, or with a token.
enum Person {
    Signed(Browser, Vec<(String, String)>),
    Token(String),
}

impl Person {
    fn signed_in(provider: &Provider, service: &Service, subject: &str, name: &str, sid: Option<&str>) -> Self {
        provider.change(|inner| {
            inner.person = json!({"sub": subject, "name": name, "groups": ["admins"]});
            if let Some(sid) = sid {
                inner.person["sid"] = json!(sid);
            }
        });
        let mut browser = Browser::default();
        assert_eq!(browser.sign_in(service).status, 303);
        let csrf = browser.get(service, "/v1/me").json()["csrf"].as_str().unwrap().to_owned();
        let origin = format!("http://{}", service.address);
        Self::Signed(browser, vec![("X-CSRF-Token".to_owned(), csrf), ("Origin".to_owned(), origin)])
    }

    fn holder(service: &Service, holder: &str) -> Self {
        let (name, roles) = ("test".to_owned(), vec![Role::PolicyAdmin]);
        let new = NewKey { name, roles, holder: Some(holder.to_owned()), ..NewKey::default() };
        Self::Token(service.app.state().add_key(&new, 1_000).unwrap().1.reveal().to_owned())
    }

    fn ask(&self, service: &Service, method: &str, path: &str, body: &str) -> Answer {
        match self {
            Self::Signed(browser, more) => {
                let mut headers = vec![("Content-Type", "application/json")];
                headers.extend(more.iter().map(|(name, value)| (name.as_str(), value.as_str())));
                browser.clone().ask(service, method, path, &headers, body.as_bytes())
            }
            Self::Token(token) => {
                let bearer = format!("Bearer {token}");
                let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
                service.ask(method, path, &headers, body.as_bytes())
            }
        }
    }

    fn who(&self, service: &Service) -> String {
        self.ask(service, "GET", "/v1/me", "").json()["id"].as_str().unwrap().to_owned()
    }

    fn proposes(&self, service: &Service) -> Value {
        let answer = self.ask(service, "POST", "/v1/keys", KEY);
        assert_eq!(answer.status, 202, "{}", answer.text());
        answer.json()
    }

    fn approves(&self, service: &Service, proposal: &Value) -> Answer {
        let path = format!("{}/approval", proposal["address"].as_str().unwrap());
        self.ask(service, "POST", &path, &json!({"digest": proposal["digest"]}).to_string())
    }
}

fn made(service: &Service) -> usize {
    service.app.state().keys().unwrap().iter().filter(|key| key.name == "payments").count()
}

#[test]
fn a_person_is_not_two_by_a_session_and_a_key() {
    let provider = Provider::start(Pair::p256());
    let service = serving(&provider);
    let dana = Person::signed_in(&provider, &service, "u-1", "Dana Quill", None);
    let dana_elsewhere = Person::signed_in(&provider, &service, "u-1", "Dana Quill", None);
    let bo = Person::signed_in(&provider, &service, "u-2", "Bo Mill", None);
    let who = dana.who(&service);
    let (by_number, by_name) = (Person::holder(&service, &who.to_uppercase()), Person::holder(&service, "Quill, Dána"));
    let of_program = Person::Token(provider.access(|_, claims| claims["groups"] = json!(["admins"])));
    let own = Person::Token(
        provider.access(|_, claims| (claims["groups"], claims["sub"]) = (json!(["admins"]), json!("u-1"))),
    );
    let mut attempts = 0;
    for (what, proposer, approver) in [
        ("the same session", &dana, &dana),
        ("two sessions", &dana, &dana_elsewhere),
        ("a session and a key whose holder is its person's number", &dana, &by_number),
        ("the other way round", &by_number, &dana),
        ("a session and a key whose holder has its person's name", &dana, &by_name),
        ("the other way round", &by_name, &dana),
        ("an access token of a program", &dana, &of_program),
        ("an access token of the person", &dana, &own),
    ] {
        let proposal = proposer.proposes(&service);
        let answer = approver.approves(&service, &proposal);
        attempts += 1;
        assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden"), "{what}: {}", answer.text());
        assert_eq!(made(&service), 0, "{what}");
    }
    let answer = of_program.ask(&service, "POST", "/v1/keys", KEY);
    assert!(answer.status == 403 && answer.text().contains("may be that of a program"), "{}", answer.text());
    // a key that the two made together is no third person, nor that of its holder alone
    let proposal =
        dana.ask(&service, "POST", "/v1/keys", r#"{"name": "third", "roles": ["policy_admin"], "holder": "Cy Third"}"#);
    let third = bo.approves(&service, &proposal.json());
    assert_eq!(third.status, 201, "{}", third.text());
    let third = Person::Token(third.json()["token"].as_str().unwrap().to_owned());
    for person in [&dana, &bo] {
        assert_eq!(third.approves(&service, &person.proposes(&service)).status, 403);
        assert_eq!(person.approves(&service, &third.proposes(&service)).status, 403);
        attempts += 2;
    }
    assert_eq!((attempts, made(&service)), (12, 0));
    // the honest ways: two people; a person and the key of another; two people of one name
    let (ann, namesake) =
        (Person::holder(&service, "Ann Keeper"), Person::signed_in(&provider, &service, "u-3", "Dana Quill", None));
    for (n, (proposer, approver)) in
        [(&dana, &bo), (&bo, &ann), (&ann, &dana), (&dana, &namesake)].into_iter().enumerate()
    {
        let answer = approver.approves(&service, &proposer.proposes(&service));
        assert_eq!((answer.status, made(&service)), (201, n + 1), "{n}: {}", answer.text());
    }
    let all = service.app.state().proposals(1).unwrap();
    assert!(
        all.iter().all(|one| !one.marks.contains("Dana") && !one.marks.contains("bo mill")),
        "no name of a session is kept"
    );
}

#[test]
fn what_somebody_proposed_lapses_when_others_shut_them_out() {
    let provider = Provider::start(Pair::p256());
    let service = serving(&provider);
    let (bo, admin) = (Person::holder(&service, "Bo Mill"), Person::holder(&service, "Ada Root"));
    let leave = |token: String| {
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        service.ask("POST", "/auth/backchannel-logout", &form, format!("logout_token={token}").as_bytes())
    };
    for (n, what) in ["an administrator ends all of the person", "ends one", "ends everybody", "the provider shuts out"]
        .into_iter()
        .enumerate()
    {
        let dana = Person::signed_in(&provider, &service, "u-1", "Dana Quill", Some("s1"));
        let (proposal, who) = (dana.proposes(&service), dana.who(&service));
        let session = service.app.state().sessions().unwrap().into_iter().find(|one| one.who == who).unwrap();
        let answer = match n {
            0 => admin.ask(&service, "DELETE", &format!("/v1/sessions?who={who}"), ""),
            1 => admin.ask(&service, "DELETE", &format!("/v1/sessions/{}", session.id), ""),
            2 => admin.ask(&service, "DELETE", "/v1/sessions?all=true", ""),
            _ => leave(provider.logout(|_, claims| claims["sub"] = json!("u-1"))),
        };
        assert_eq!(answer.status, 200, "{what}: {}", answer.text());
        let answer = bo.approves(&service, &proposal);
        assert!(answer.status == 409 && answer.text().contains("lapsed"), "{what}: {}", answer.text());
        assert_eq!(made(&service), 0, "{what}");
    }
    // who goes home by itself is not shut out
    let dana = Person::signed_in(&provider, &service, "u-1", "Dana Quill", Some("s2"));
    let proposal = dana.proposes(&service);
    assert_eq!(dana.ask(&service, "POST", "/auth/logout", "{}").status, 200);
    assert_eq!(leave(provider.logout(|_, claims| claims["sid"] = json!("s2"))).status, 200);
    let answer = bo.approves(&service, &proposal);
    assert_eq!((answer.status, made(&service)), (201, 1), "{}", answer.text());
}
