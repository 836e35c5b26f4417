//! Where the party's key comes from.

use std::path::PathBuf;

use anyhow::Context;
use quittance_chain::Wallet;

use crate::{
    config::{Config, Signer, variable},
    init::read_secret,
};

/// The party's key, from wherever the configuration says that it is.
pub(crate) fn wallet(config: &Config) -> anyhow::Result<Wallet> {
    let path = |file: &PathBuf| config.path(file);
    open(&config.signer, path)
}

fn open(signer: &Signer, path: impl Fn(&PathBuf) -> PathBuf) -> anyhow::Result<Wallet> {
    let Signer { key_file, key_env, keystore, password_file, mnemonic_file, account } = signer;
    if password_file.is_some() && keystore.is_none() {
        anyhow::bail!("signer.password-file is for signer.keystore");
    }
    if *account != 0 && mnemonic_file.is_none() {
        anyhow::bail!("signer.account is for signer.mnemonic-file");
    }
    match (key_file, key_env, keystore, mnemonic_file) {
        (Some(file), None, None, None) => {
            Wallet::from_hex(&read_secret(&path(file))?).context("signer.key-file")
        }
        (None, Some(name), None, None) => {
            Wallet::from_hex(&variable(name).context("signer.key-env")?).context("signer.key-env")
        }
        (None, None, Some(file), None) => {
            let password =
                password_file.as_ref().context("signer.password-file must go with signer.keystore")?;
            let password = read_secret(&path(password))?;
            // A file that was written with an editor ends with a new line, which is no part of the password.
            let password = password.trim_end_matches(['\r', '\n']);
            // Read for its permissions alone.
            read_secret(&path(file))?;
            Wallet::from_keystore(&path(file), password).context("signer.keystore")
        }
        (None, None, None, Some(file)) => {
            let words = read_secret(&path(file))?;
            Wallet::from_mnemonic(&words, *account).context("signer.mnemonic-file")
        }
        _ => anyhow::bail!("signer takes one of key-file, key-env, keystore and mnemonic-file"),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, path::Path};

    use super::*;

    /// The test vector of the keystore's specification, whose password is `testpassword`.
    const KEYSTORE: &str = r#"{"crypto":{"cipher":"aes-128-ctr",
        "cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},
        "ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
        "kdf":"pbkdf2","kdfparams":{"c":262144,"dklen":32,"prf":"hmac-sha256",
        "salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
        "mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},
        "id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}"#;
    const KEY: &str = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
    const ACCOUNT: &str = "0x008aeeda4d805471df9b2a5b0f38a0c3bcba786b";
    /// The words that every development chain knows, and their second account.
    const WORDS: &str = "test test test test test test test test test test test junk\n";
    const SECOND: &str = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8";

    fn account(folder: &Path, signer: &str) -> anyhow::Result<String> {
        let signer: Signer = toml::from_str(signer)?;
        Ok(format!("{:#x}", open(&signer.or_usual(), |file| folder.join(file))?.address()))
    }

    #[test]
    fn a_key_is_found_wherever_it_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str, mode| {
            let file = folder.path().join(name);
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        };
        for (name, text) in [("party.key", KEY), ("it.key", KEY), ("it.json", KEYSTORE), ("it.words", WORDS)]
        {
            write(name, text, 0o600);
        }
        write("password", "testpassword\r\n", 0o600);
        write("wrong", "hunter2", 0o600);
        write("open.words", WORDS, 0o644);
        let keystore = "keystore = \"it.json\"\npassword-file = \"password\"";
        for (signer, expected) in [
            ("", ACCOUNT),
            ("key-file = \"it.key\"", ACCOUNT),
            (keystore, ACCOUNT),
            ("mnemonic-file = \"it.words\"\naccount = 1", SECOND),
        ] {
            assert_eq!(account(folder.path(), signer).unwrap(), expected, "{signer}");
        }
        for (signer, why) in [
            ("keystore = \"it.json\"\npassword-file = \"wrong\"", "password"),
            ("keystore = \"it.json\"", "password-file"),
            ("password-file = \"password\"", "keystore"),
            ("mnemonic-file = \"it.key\"", "mnemonic"),
            ("mnemonic-file = \"open.words\"", "read by others"),
            ("account = 1", "mnemonic-file"),
            ("mnemonic-file = \"it.words\"\naccount = 2147483648", "account"),
            ("key-env = \"QUITTANCE_NO_SUCH_KEY\"", "QUITTANCE_NO_SUCH_KEY"),
            ("key-file = \"it.words\"", "key-file"),
            ("key-file = \"it.key\"\nmnemonic-file = \"it.words\"", "one of"),
        ] {
            let error = format!("{:#}", account(folder.path(), signer).unwrap_err());
            assert!(error.contains(why), "{signer}: {error}");
            assert!(!error.contains("hunter2") && !error.contains("junk") && !error.contains(KEY), "{error}");
        }
    }
}
