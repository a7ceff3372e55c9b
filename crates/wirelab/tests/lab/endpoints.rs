//! Sockets that never block: one thread plays both programs and the wire.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use wirelab::TcpState::{CloseWait, Closed, FinWait2, SynSent, TimeWait};
use wirelab::{Endpoint, Lab};

use crate::tier::{alice_and_bob, eventually, next, on_every_tier, states, wait_for_states};

fn connected(lab: &Lab) -> (Endpoint, Endpoint) {
    let listener = lab.host("bob").listening(7000).expect("it listens");
    assert!(listener.accept().expect("a listener").is_none(), "nobody has called yet");
    let bob = SocketAddr::from((lab.host("bob").address(), 7000));
    let alice = lab.host("alice").dialling(5000, bob).expect("it begins");
    assert_eq!(alice.local_address().expect("bound").port(), 5000);
    let bob = eventually(lab, || listener.accept().expect("a listener"));
    (alice, bob)
}

#[test]
fn a_stream_is_written_read_half_closed_and_closed() {
    on_every_tier(alice_and_bob, |lab| {
        let (alice, bob) = connected(lab);
        let mut buffer = [0; 9];
        assert_eq!(bob.receive(&mut buffer).expect("connected"), None);
        assert_eq!(alice.send(b"hello").expect("it takes it"), 5);
        let count = eventually(lab, || bob.receive(&mut buffer).expect("connected"));
        assert_eq!(&buffer[..count], b"hello");
        alice.close_sending().expect("connected");
        assert_eq!(eventually(lab, || bob.receive(&mut buffer).expect("connected")), 0);
        wait_for_states(lab, FinWait2, CloseWait);
        assert_eq!(bob.send(b"yes").expect("it takes it"), 3);
        assert_eq!(eventually(lab, || alice.receive(&mut buffer).expect("connected")), 3);
        bob.close();
        assert_eq!(eventually(lab, || alice.receive(&mut buffer).expect("connected")), 0);
    });
}

#[test]
fn a_server_listens_again_while_its_old_connections_linger() {
    on_every_tier(alice_and_bob, |lab| {
        let (alice, bob) = connected(lab);
        bob.close();
        assert_eq!(eventually(lab, || alice.receive(&mut [0; 9]).expect("connected")), 0);
        alice.close();
        wait_for_states(lab, Closed, TimeWait);
        let listener = lab.host("bob").listening(7000).expect("TIME-WAIT is no hindrance");
        let to = SocketAddr::from((lab.host("bob").address(), 7000));
        let alice = lab.host("alice").dialling(5001, to).expect("it begins");
        let bob = eventually(lab, || listener.accept().expect("a listener"));
        assert_eq!(alice.send(b"x").expect("connected"), 1);
        assert_eq!(eventually(lab, || bob.receive(&mut [0; 9]).expect("connected")), 1);
    });
}

#[test]
fn an_abort_is_a_reset_and_who_reads_learns_of_it() {
    on_every_tier(alice_and_bob, |lab| {
        let (alice, bob) = connected(lab);
        alice.abort().expect("connected");
        let error = eventually(lab, || bob.receive(&mut [0; 9]).err());
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert_eq!(states(lab), (Closed, Closed));
    });
}

#[test]
fn a_refusal_is_told_by_take_error_and_until_then_nothing_blocks() {
    on_every_tier(
        || alice_and_bob().rule(wirelab::Hold),
        |lab| {
            let bob = SocketAddr::from((lab.host("bob").address(), 7000));
            let alice = lab.host("alice").dialling(0, bob).expect("it begins");
            assert_eq!(states(lab), (SynSent, Closed));
            assert_eq!(alice.receive(&mut [0; 9]).expect("it waits"), None);
            assert_eq!(alice.send(b"x").expect_err("not yet").kind(), ErrorKind::WouldBlock);
            assert!(alice.take_error().expect("it tells").is_none());
            next(lab.wire()).release();
            next(lab.wire()).release();
            let error = alice.take_error().expect("it tells").expect("it was refused");
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        },
    );
}

#[test]
fn datagrams_come_with_their_senders_address() {
    on_every_tier(alice_and_bob, |lab| {
        let bob = lab.host("bob").datagrams(9000).expect("a socket");
        let alice = lab.host("alice").datagrams(9001).expect("a socket");
        let mut buffer = [0; 9];
        assert_eq!(bob.receive_from(&mut buffer).expect("open"), None);
        let to = SocketAddr::from((lab.host("bob").address(), 9000));
        assert_eq!(alice.send_to(b"hi", to).expect("it is sent"), 2);
        let (count, from) = eventually(lab, || bob.receive_from(&mut buffer).expect("open"));
        assert_eq!(&buffer[..count], b"hi");
        assert_eq!(from, SocketAddr::from((lab.host("alice").address(), 9001)));
        assert!(lab.wire().next_held(Duration::ZERO).is_none());
    });
}
