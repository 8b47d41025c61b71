//! Keys that services keep, against stand-ins of AWS KMS, Google Cloud KMS and Turnkey on this machine. `make
//! services-check` runs what needs a build with the features.

use crate::program::{btrst, run};

#[test]
fn a_build_without_a_service_names_the_one_that_has_it() {
    let table = [
        (cfg!(feature = "ledger"), "ledger", "a Ledger device"),
        (cfg!(feature = "trezor"), "trezor", "a Trezor device"),
        (cfg!(feature = "aws"), "aws", "AWS KMS"),
        (cfg!(feature = "gcp"), "gcp", "Google Cloud KMS"),
        (cfg!(feature = "turnkey"), "turnkey", "Turnkey"),
    ];
    for (_, feature, what) in table.into_iter().filter(|(there, ..)| !there) {
        let arguments = format!("delegate self --{feature} --deployment deployments/mainnet.toml");
        let ended = run(btrst(arguments.split_whitespace()));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
        let expected = format!(
            "error: this build cannot sign with {what}\nhint: make one that can: `cargo build --release --package btrst \
             --features {feature}`\n"
        );
        assert_eq!(ended.stderr, expected);
    }
}

#[test]
fn options_that_do_not_fit_a_device_or_a_service_are_refused() {
    let path = "a path is `m` and numbers below 2^31, such as m/44'/60'/0'/0/0";
    let table = [
        ("--aws --turnkey", "cannot be used with"),
        ("--gcp --aws", "cannot be used with"),
        ("--gcp=votes", "unexpected value 'votes'"),
        ("--trezor --ledger", "cannot be used with"),
        ("-t -l", "cannot be used with"),
        ("-t --unlocked", "cannot be used with"),
        ("--trezor=1", "unexpected value '1'"),
        ("--trezor --mnemonic-index -1", "unexpected argument '-1'"),
        ("--trezor --mnemonic-index 4294967296", "invalid value '4294967296'"),
        ("--trezor --from amara", "an address is `0x` and 40 hexadecimal digits"),
        ("--trezor --hd-path 0", path),
        ("--trezor --hd-path m/44h/60h/0h/0/0", path),
        ("--trezor --hd-path 44'/60'/0'/0/0", path),
        ("--ledger --hd-path m/x", path),
        ("--ledger --hd-path m/2147483648", path),
    ];
    for (options, expected) in table {
        let arguments = format!("delegate self --deployment deployments/mainnet.toml {options}");
        let mut command = btrst(arguments.split_whitespace());
        command.env_remove("ETH_FROM").env_remove("ETH_KEYSTORE").env_remove("ETH_KEYSTORE_ACCOUNT");
        let ended = run(command);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{options}: {}", ended.stderr);
        assert!(ended.stderr.contains(expected), "{options}: {}", ended.stderr);
    }
}

#[cfg(all(feature = "aws", feature = "gcp", feature = "turnkey"))]
mod with_features {
    use std::process::Command;
    use std::sync::{Arc, Mutex};

    use alloy::primitives::{Address, B256, U256, hex, uint};
    use alloy::signers::SignerSync;
    use alloy::signers::local::PrivateKeySigner;
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use axum::body::Bytes;
    use axum::extract::{Path, State};
    use axum::http::{HeaderMap, StatusCode};
    use axum::response::{IntoResponse, Response};
    use axum::routing::post;
    use axum::{Json, Router};
    use btrst_devnet::{Flavour, Name};
    use data_encoding::{BASE64, BASE64URL_NOPAD};
    use serde_json::{Value, json};

    use super::run;
    use crate::assembly::Assembly;
    use crate::program::Ended;

    /// Order of the group of secp256k1.
    const ORDER: U256 = uint!(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141_U256);

    /// The variable with the address of Google Cloud KMS.
    const ENDPOINT: &str = "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS";

    /// What is before the claim of a service account that wants a token.
    const GRANT: &str = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";

    /// A stand-in for a service: it signs with `signs` and says that it is `says`.
    #[derive(Clone)]
    struct StandIn {
        says: PrivateKeySigner,
        signs: PrivateKeySigner,
        /// What it refuses.
        refuses: Arc<Mutex<Option<&'static str>>>,
        /// Texts that it was sent.
        asked: Arc<Mutex<Vec<String>>>,
    }

    impl StandIn {
        async fn start(says: &PrivateKeySigner, signs: &PrivateKeySigner) -> (Self, String) {
            let stand_in = Self {
                says: says.clone(),
                signs: signs.clone(),
                refuses: Arc::default(),
                asked: Arc::default(),
            };
            let routes = Router::new()
                .route("/", post(kms))
                .route("/public/v1/submit/sign_raw_payload", post(turnkey))
                .route("/token", post(token))
                .route("/google.cloud.kms.v1.KeyManagementService/{method}", post(google))
                .with_state(stand_in.clone());
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            tokio::spawn(async move { axum::serve(listener, routes).await });
            (stand_in, url)
        }
    }

    /// The number as DER has it: no zeros before it, but one where its first bit is set.
    fn integer(number: U256) -> Vec<u8> {
        let bytes = number.to_be_bytes_trimmed_vec();
        let padded = if bytes[0] & 0x80 == 0 { bytes } else { [vec![0], bytes].concat() };
        [vec![2, u8::try_from(padded.len()).unwrap()], padded].concat()
    }

    /// The signature of `digest` as services give it: in DER, and not with the lower of the two values of `s`.
    fn der(key: &PrivateKeySigner, digest: B256) -> Vec<u8> {
        let signature = key.sign_hash_sync(&digest).unwrap();
        let numbers = [integer(signature.r()), integer(ORDER - signature.s())].concat();
        [vec![0x30, u8::try_from(numbers.len()).unwrap()], numbers].concat()
    }

    /// The public key of `key` in DER.
    fn public_key(key: &PrivateKeySigner) -> Vec<u8> {
        let head = hex!("3056301006072a8648ce3d020106052b8104000a034200");
        let point = key.credential().verifying_key().to_encoded_point(false);
        [head.as_slice(), point.as_bytes()].concat()
    }

    async fn kms(State(this): State<StandIn>, headers: HeaderMap, body: String) -> (StatusCode, Json<Value>) {
        let target = headers["x-amz-target"].to_str().unwrap().to_owned();
        this.asked.lock().unwrap().push(format!("{target} {body}"));
        assert!(headers["authorization"].to_str().unwrap().starts_with("AWS4-HMAC-SHA256 Credential="));
        let request: Value = serde_json::from_str(&body).unwrap();
        if *this.refuses.lock().unwrap() == Some("all") || request["KeyId"] != "alias/votes" {
            let said = json!({ "__type": "NotFoundException", "message": "Alias is not found." });
            return (StatusCode::BAD_REQUEST, Json(said));
        }
        let answer = match target.as_str() {
            "TrentService.GetPublicKey" => {
                json!({ "PublicKey": BASE64.encode(&public_key(&this.says)) })
            }
            "TrentService.Sign" => {
                assert_eq!(
                    (&request["MessageType"], &request["SigningAlgorithm"]),
                    (&json!("DIGEST"), &json!("ECDSA_SHA_256"))
                );
                let digest = BASE64.decode(request["Message"].as_str().unwrap().as_bytes()).unwrap();
                json!({ "Signature": BASE64.encode(&der(&this.signs, B256::from_slice(&digest))) })
            }
            other => panic!("{other}"),
        };
        (StatusCode::OK, Json(answer))
    }

    /// Google's exchange of another's token, or of a claim that a service account has signed, for one of its own.
    async fn token(body: String) -> Json<Value> {
        if let Some(claim) = body.strip_prefix(GRANT) {
            let claims = BASE64URL_NOPAD.decode(claim.split('.').nth(1).unwrap().as_bytes()).unwrap();
            let claims: Value = serde_json::from_slice(&claims).unwrap();
            assert_eq!(claims["iss"], "voter@dao.iam.gserviceaccount.com");
        } else {
            let request: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(
                (&request["audience"], &request["subjectToken"]),
                (&json!("votes"), &json!("topsecret"))
            );
        }
        Json(json!({ "access_token": "exchanged", "token_type": "Bearer", "expires_in": 3600 }))
    }

    /// Google Cloud KMS: messages of protocol buffers over gRPC, of which every one here has one field in its answer.
    async fn google(
        State(this): State<StandIn>,
        Path(method): Path<String>,
        headers: HeaderMap,
        body: Bytes,
    ) -> Response {
        assert_eq!(headers["authorization"], "Bearer exchanged");
        let name = "projects/dao/locations/global/keyRings/ring/cryptoKeys/votes/cryptoKeyVersions/1";
        this.asked
            .lock()
            .unwrap()
            .push(format!("{method} {}", headers["x-goog-request-params"].to_str().unwrap()));
        let kind = ("content-type", "application/grpc");
        let named = [&[0x0a, u8::try_from(name.len()).unwrap()], name.as_bytes()].concat();
        // A byte for compression and four for the length are before the message.
        let Some(rest) = body[5..].strip_prefix(named.as_slice()) else {
            return ([kind, ("grpc-status", "5"), ("grpc-message", "no such key")], "").into_response();
        };
        if *this.refuses.lock().unwrap() == Some("all") {
            return ([kind, ("grpc-status", "7"), ("grpc-message", "no policy allows it")], "")
                .into_response();
        }
        let answer = match method.as_str() {
            "GetPublicKey" => {
                let text = BASE64.encode(&public_key(&this.says));
                let lines: Vec<&str> = [&text[..64], &text[64..]].to_vec();
                format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
                    .into_bytes()
            }
            "AsymmetricSign" => {
                // The third field: a digest, of which the first field is one of 32 bytes.
                let digest = rest.strip_prefix(&hex!("1a220a20")).unwrap();
                der(&this.signs, B256::from_slice(digest))
            }
            other => panic!("{other}"),
        };
        let mut length = Vec::new();
        let mut left = answer.len();
        while left >= 0x80 {
            length.push(u8::try_from(left & 0x7f).unwrap() | 0x80);
            left >>= 7;
        }
        length.push(u8::try_from(left).unwrap());
        let message = [vec![0x0a], length, answer].concat();
        let size = u32::try_from(message.len()).unwrap().to_be_bytes();
        ([kind, ("grpc-status", "0")], [[0].as_slice(), &size, &message].concat()).into_response()
    }

    async fn turnkey(
        State(this): State<StandIn>,
        headers: HeaderMap,
        body: String,
    ) -> (StatusCode, Json<Value>) {
        assert!(headers.contains_key("x-stamp"));
        this.asked.lock().unwrap().push(body.clone());
        if *this.refuses.lock().unwrap() == Some("all") {
            let said = json!({ "code": 7, "message": "no policy allows it", "details": [] });
            return (StatusCode::FORBIDDEN, Json(said));
        }
        let request: Value = serde_json::from_str(&body).unwrap();
        let parameters = &request["parameters"];
        assert_eq!(parameters["hashFunction"], "HASH_FUNCTION_NO_OP");
        let digest: B256 = parameters["payload"].as_str().unwrap().parse().unwrap();
        let signature = this.signs.sign_hash_sync(&digest).unwrap();
        let result = json!({ "signRawPayloadResult": {
            "r": hex::encode(signature.r().to_be_bytes::<32>()),
            "s": hex::encode(signature.s().to_be_bytes::<32>()),
            "v": if signature.v() { "01" } else { "00" },
        } });
        let activity = json!({
            "id": "1", "organizationId": request["organizationId"], "status": "ACTIVITY_STATUS_COMPLETED",
            "type": request["type"], "result": result, "votes": [], "fingerprint": "1", "canApprove": false,
            "canReject": false,
        });
        (StatusCode::OK, Json(json!({ "activity": activity })))
    }

    fn with(assembly: &Assembly, url: &str, address: Address, arguments: &str) -> Command {
        let credentials = json!({
            "type": "external_account",
            "audience": "votes",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": format!("{url}/token"),
            "credential_source": { "file": assembly.path("subject") },
        });
        assembly.write("credentials.json", &credentials.to_string());
        assembly.write("subject", "topsecret");
        let mut command = assembly.command(arguments);
        command.env("HOME", assembly.folder.path()).envs([
            ("AWS_KMS_KEY_ID", "alias/votes"),
            ("AWS_ENDPOINT_URL", url),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "stand-in"),
            ("AWS_SECRET_ACCESS_KEY", "topsecret"),
            ("GOOGLE_APPLICATION_CREDENTIALS", assembly.path("credentials.json").to_str().unwrap()),
            (ENDPOINT, &format!("{url}/")),
            ("GCP_PROJECT_ID", "dao"),
            ("GCP_LOCATION", "global"),
            ("GCP_KEY_RING", "ring"),
            ("GCP_KEY_NAME", "votes"),
            ("GCP_KEY_VERSION", "1"),
            ("TURNKEY_BASE_URL", url),
            ("TURNKEY_ORGANIZATION_ID", "organization"),
            ("TURNKEY_ADDRESS", &address.to_string()),
            ("TURNKEY_API_PRIVATE_KEY", &"5d".repeat(32)),
        ]);
        command
    }

    fn document(ended: &Ended) -> Value {
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        serde_json::from_str(&ended.stdout).unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn anvil_services_sign_transactions_and_messages() {
        let assembly = Assembly::open(Flavour::Braintrust, true).await;
        let id = assembly.propose(Name::Amara).await;
        let bela = assembly.world.account(Name::Bela).signer.clone();
        let chidi = assembly.world.account(Name::Chidi).signer.clone();
        let amara = assembly.world.account(Name::Amara).signer.clone();
        for (service, key) in [("aws", &bela), ("turnkey", &chidi), ("gcp", &amara)] {
            let (stand_in, url) = StandIn::start(key, key).await;
            let run = |arguments: &str| run(with(&assembly, &url, key.address(), arguments));
            let from = format!("--{service} --from {}", key.address());
            let shown = document(&run(&format!("proposal vote {id} for {from} --json")));
            assert_eq!(shown["status"], "dry_run");
            let voted = document(&run(&format!("proposal vote {id} for {from} --json --broadcast")));
            assert_eq!(
                (&voted["status"], &voted["details"]["voter"]),
                (&json!("done"), &json!(key.address().to_string()))
            );
            let signed = run(&format!("delegate amara --{service} --sign - --quiet"));
            assert_eq!(signed.code, Some(0), "{}", signed.stderr);
            assembly.write("delegation.json", &signed.stdout);
            assert_eq!(assembly.send(Name::Relayer, "delegate --relay delegation.json")["status"], "done");
            std::fs::remove_file(assembly.path("delegation.json")).unwrap();

            // Its refusal is told, and no secret.
            *stand_in.refuses.lock().unwrap() = Some("all");
            let ended = run(&format!("delegate dora --{service} --broadcast"));
            assert_eq!(
                (ended.code, ended.stderr.contains("topsecret") || ended.stderr.contains("5d5d")),
                (Some(2), false)
            );
            let reason = if service == "aws" { "Alias is not found." } else { "no policy allows it" };
            assert!(ended.stderr.contains(reason), "{}", ended.stderr);
            // Another account than the one that was meant.
            *stand_in.refuses.lock().unwrap() = None;
            let dora = assembly.world.address(Name::Dora);
            let ended = run(&format!("delegate dora --{service} --from {dora} --broadcast"));
            let expected = format!("error: the key is that of `{}`, not of `{dora}`\n", key.address());
            assert!(ended.stderr.starts_with(&expected), "{}", ended.stderr);
            assert!(!stand_in.asked.lock().unwrap().is_empty());
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn anvil_a_service_that_signs_with_another_key_sends_nothing() {
        let assembly = Assembly::open(Flavour::Braintrust, true).await;
        let (says, signs) =
            (&assembly.world.account(Name::Bela).signer, &assembly.world.account(Name::Chidi).signer);
        let before = (assembly.nonce(Name::Bela).await, assembly.nonce(Name::Chidi).await);
        let (_stand_in, url) = StandIn::start(says, signs).await;
        let parity = "failed to recover signature parity";
        for (service, reason) in [("aws", parity), ("gcp", parity), ("turnkey", "the signature is that of `")]
        {
            for rest in ["--broadcast", "--sign -"] {
                let arguments = format!("delegate dora --{service} {rest}");
                let ended = run(with(&assembly, &url, says.address(), &arguments));
                assert_eq!((ended.code, ended.stdout.contains("signature")), (Some(2), false), "{arguments}");
                let wrong =
                    ended.stderr.contains(reason) || ended.stderr.contains("the signature is not one of `");
                assert!(wrong, "{arguments}: {}", ended.stderr);
            }
        }
        assert_eq!((assembly.nonce(Name::Bela).await, assembly.nonce(Name::Chidi).await), before);
        let mut command = with(&assembly, &url, says.address(), "delegate dora --aws");
        command.env_remove("AWS_KMS_KEY_ID");
        let ended = run(command);
        assert!(
            ended.stderr.starts_with("error: the environment variable `AWS_KMS_KEY_ID` holds no text\n"),
            "{}",
            ended.stderr
        );
        for (name, text, expected) in [
            ("TURNKEY_ADDRESS", "bela", "error: `bela` in TURNKEY_ADDRESS is not an address\n"),
            ("TURNKEY_API_PRIVATE_KEY", "topsecret", "error: TURNKEY_API_PRIVATE_KEY holds no private key\n"),
        ] {
            let mut command = with(&assembly, &url, says.address(), "delegate dora --turnkey");
            command.env(name, text);
            let ended = run(command);
            assert!(
                ended.stderr.starts_with(expected) && !ended.stderr.contains("topsecret"),
                "{}",
                ended.stderr
            );
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn anvil_google_cloud_takes_what_is_right_and_tells_what_is_wrong() {
        let assembly = Assembly::open(Flavour::Braintrust, true).await;
        let says = &assembly.world.account(Name::Bela).signer;
        let (_stand_in, service) = StandIn::start(says, says).await;
        let key: Pkcs8V1Der<'_> = KeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap();
        let key = BASE64.encode(key.as_ref());
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n");
        let encrypted = service.replace("http", "https");
        for (url, key, code) in
            [(&service, pem.as_str(), 0), (&encrypted, &pem, 2), (&service, "topsecret", 2)]
        {
            let account = json!({
                "type": "service_account",
                "client_email": "voter@dao.iam.gserviceaccount.com",
                "private_key_id": "1",
                "private_key": key,
                "token_uri": format!("{url}/token"),
            });
            assembly.write("account.json", &account.to_string());
            let mut command = with(&assembly, &service, says.address(), "delegate dora --gcp --json");
            command.env("GOOGLE_APPLICATION_CREDENTIALS", assembly.path("account.json"));
            let ended = run(command);
            assert_eq!(ended.code, Some(code), "{}", ended.stderr);
            if code == 0 {
                assert_eq!(document(&ended)["transaction"]["from"], json!(says.address()));
            } else {
                let expected = "error: Google Cloud KMS does not give the public key of `votes`";
                assert!(ended.stderr.starts_with(expected), "{}", ended.stderr);
                assert!(!ended.stderr.contains("topsecret"), "{}", ended.stderr);
            }
        }
        // A machine without certificates of authorities.
        let mut command = with(&assembly, &service, says.address(), "delegate dora --gcp");
        let none = assembly.path("none");
        command.env("SSL_CERT_FILE", &none).env("SSL_CERT_DIR", &none);
        let ended = run(command);
        let expected =
            "error: Google Cloud KMS does not give the public key of `votes`\ncaused by: builder error\n";
        assert_eq!((ended.code, ended.stderr.starts_with(expected)), (Some(2), true), "{}", ended.stderr);
        let table = [
            ("GCP_PROJECT_ID", "", "the environment variable `GCP_PROJECT_ID` holds no text"),
            ("GCP_LOCATION", "", "the environment variable `GCP_LOCATION` holds no text"),
            ("GCP_LOCATION", "global/../x", "`global/../x` in GCP_LOCATION is not a name in Google Cloud"),
            ("GCP_KEY_RING", "r\u{1}", "`r\\u{1}` in GCP_KEY_RING is not a name in Google Cloud"),
            ("GCP_KEY_NAME", "vötes", "`vötes` in GCP_KEY_NAME is not a name in Google Cloud"),
            ("GCP_KEY_NAME", "other", "Google Cloud KMS does not give the public key of `other`"),
            ("GCP_KEY_VERSION", "latest", "`latest` in GCP_KEY_VERSION is not the number of a version"),
            ("GCP_KEY_VERSION", "-1", "`-1` in GCP_KEY_VERSION is not the number of a version"),
            ("GCP_KEY_VERSION", "2", "Google Cloud KMS does not give the public key of `votes`"),
            (
                "GOOGLE_APPLICATION_CREDENTIALS",
                "none.json",
                "Google Cloud KMS does not give the public key of `votes`",
            ),
            // Encrypted, where nothing listens that has a certificate of Google's.
            (ENDPOINT, "https://127.0.0.1", "Google Cloud KMS does not give the public key of `votes`"),
            (
                ENDPOINT,
                "http://127.0.0.1:1",
                "Google Cloud KMS does not give the public key of `votes`\ncaused by: transport error\ncaused by: tcp connect error\n",
            ),
            (ENDPOINT, "http://[", "Google Cloud KMS does not give the public key of `votes`"),
            (
                ENDPOINT,
                "https://",
                "`https://` in CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS is not the address",
            ),
            (ENDPOINT, "https://127.0.0.1:8443", "`https://127.0.0.1:8443` in CLOUDSDK_API_ENDPOINT"),
            (ENDPOINT, "nowhere", "`nowhere` in CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS is not the address"),
            (ENDPOINT, "", "`` in CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS is not the address"),
        ];
        for (name, text, expected) in table {
            let mut command = with(&assembly, &service, says.address(), "delegate dora --gcp");
            command.env(name, text);
            let ended = run(command);
            assert_eq!(ended.code, Some(2), "{name}={text}: {}", ended.stderr);
            assert!(
                ended.stderr.starts_with(&format!("error: {expected}")),
                "{name}={text}: {}",
                ended.stderr
            );
        }
    }
}
