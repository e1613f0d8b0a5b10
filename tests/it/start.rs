//! The first hour with the program: what is set up wrongly is named with its file, its key and the way out.

use std::net::TcpListener;
use std::process::Output;
use std::time::Duration;

use super::world::World;
use super::world::run::{CLAIMGATE, program, run, said, wait_for};

/// `claimgate serve` that must give up; what it said.
fn refused(world: &World, config: &str) -> String {
    let output = serve_to_the_end(world, config);
    assert_eq!(output.status.code(), Some(2), "serve with a fault: {}", said(&output));
    said(&output)
}

fn serve_to_the_end(world: &World, config: &str) -> Output {
    let mut command = std::process::Command::new(program("timeout"));
    command.args(["30", CLAIMGATE, "serve", "--config", config]).current_dir(world.folder());
    run(&mut command, b"")
}

#[test]
fn a_misspelt_key_in_a_partners_file_is_named_with_the_right_one() {
    let world = World::new();
    world.submitter("acme", "ACMEBILL");
    let file = std::fs::read_to_string(world.path("partners/acme.toml")).unwrap();
    world.write("partners/acme.toml", &file.replace("public_keys", "public_kyes"));
    let checked = world.claimgate(&["partner", "check"]);
    assert_eq!(checked.status.code(), Some(1), "{}", said(&checked));
    for text in [said(&checked), refused(&world, "gateway.toml")] {
        for word in ["partners/acme.toml", "public_kyes", "public_keys"] {
            assert!(text.contains(word), "`{word}` is not named: {text}");
        }
    }
    world.write("partners/acme.toml", &file);
    assert_eq!(world.claimgate(&["partner", "check"]).status.code(), Some(0));
}

#[test]
fn all_faults_of_all_files_are_told_at_once() {
    let world = World::new();
    world.submitter("acme", "ACMEBILL");
    let file = std::fs::read_to_string(world.path("partners/acme.toml")).unwrap();
    world.write("partners/acme.toml", &file.replace("[limits]", "[limit]").replace("always", "allways"));
    world.write("partners/blue.toml", "kind = \"payer\"\nname = \"Blue\"\n");
    let text = said(&world.claimgate(&["partner", "check"]));
    for word in ["limit", "allways", "always", "blue.toml", "payer_ids", "endpoint"] {
        assert!(text.contains(word), "`{word}` is not named: {text}");
    }
}

#[test]
fn a_misspelt_key_in_gateway_toml_is_named_with_the_right_one() {
    let world = World::new();
    world.write("gateway.toml", &world.settings().replace("[listen]", "[listne]"));
    let text = refused(&world, "gateway.toml");
    assert!(text.contains("gateway.toml") && text.contains("listne") && text.contains("listen"), "{text}");
}

#[test]
fn a_port_in_use_is_named_with_the_setting_to_change() {
    let world = World::new();
    for (port, setting) in
        [(world.ports.https, "listen.https"), (world.ports.sftp, "listen.sftp"), (world.ports.ops, "listen.ops")]
    {
        let taken = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let text = refused(&world, "gateway.toml");
        assert!(text.contains(&port.to_string()) && text.contains(setting), "{text}");
        drop(taken);
    }
}

#[test]
fn missing_keys_are_told_with_the_command_that_makes_them() {
    let world = World::without_keys();
    let text = refused(&world, "gateway.toml");
    assert!(text.contains("claimgate certs init"), "{text}");
    world.done(&["certs", "init"]);
    for name in ["ca.crt", "server.crt", "server.key", "ssh_host_ed25519", "master.key"] {
        assert!(world.path("certs").join(name).is_file(), "{name} was not written");
    }
    world.start();
    world.stop();
    // One of them lost later is told in the same words.
    std::fs::remove_file(world.path("certs/server.crt")).unwrap();
    let text = refused(&world, "gateway.toml");
    assert!(text.contains("server.crt") && text.contains("claimgate certs init"), "{text}");
}

#[test]
fn a_settings_file_that_is_not_there_is_named() {
    let world = World::new();
    for command in [["serve"].as_slice(), &["partner", "check"], &["key", "list"]] {
        let mut args = command.to_vec();
        args.extend(["--config", "etc/gatway.toml"]);
        let output = world.claimgate(&args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", said(&output));
        assert!(said(&output).contains("etc/gatway.toml"), "{args:?}: {}", said(&output));
    }
}

#[test]
fn a_key_for_a_partner_that_is_not_there_lists_those_that_are() {
    let world = World::new();
    world.submitter("acme", "ACMEBILL");
    let output = world.claimgate(&["key", "create", "--partner", "acmee"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("acmee") && said(&output).contains("known: acme"), "{}", said(&output));
}

#[test]
fn wrong_usage_ends_with_2_and_help_with_0() {
    let world = World::new();
    for (args, status) in [
        (["validate"].as_slice(), 2),
        (&["validat", "x"], 2),
        (&["validate", "--snip", "9", "x"], 2),
        (&["validate", "not-there.837"], 2),
        (&["show", "not-there.837"], 2),
        (&["--help"], 0),
        (&["--version"], 0),
    ] {
        let output = world.claimgate(args);
        assert_eq!(output.status.code(), Some(status), "{args:?}: {}", said(&output));
    }
}

#[test]
fn a_second_gateway_on_the_same_folder_says_which_port_is_taken() {
    let world = World::new();
    world.start();
    let text = refused(&world, "gateway.toml");
    assert!(text.contains("in use"), "{text}");
    world.finish();
}

#[test]
fn partners_are_read_again_on_sighup_and_a_fault_changes_nothing() {
    let world = World::new();
    world.submitter("acme", "ACMEBILL");
    world.start();
    let acme = world.key("acme");
    let hang_up = || {
        let told = std::process::Command::new("sh").arg("-c").arg(format!("kill -HUP {}", world.process())).status();
        assert!(told.unwrap().success());
    };
    world.submitter("rival", "RIVALBIL");
    let rival = world.key("rival");
    assert_eq!(world.call(&rival, "GET", "/v1/claims", None).status, 403);
    hang_up();
    wait_for("the new partner to be let in", Duration::from_secs(20), || {
        (world.call(&rival, "GET", "/v1/claims", None).status == 200).then_some(())
    });
    world.write("partners/rival.toml", "kind = 3\n");
    hang_up();
    wait_for("the fault to be told", Duration::from_secs(20), || world.log().contains("rival.toml").then_some(()));
    for key in [&acme, &rival] {
        assert_eq!(world.call(key, "GET", "/v1/claims", None).status, 200);
    }
    std::fs::remove_file(world.path("partners/rival.toml")).unwrap();
    world.finish();
}

#[test]
fn a_gateway_that_is_told_to_stop_ends_with_0_soon() {
    let world = World::new();
    world.start();
    let began = std::time::Instant::now();
    world.finish();
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
}
