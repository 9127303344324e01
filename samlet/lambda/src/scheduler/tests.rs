//! What the scheduler decides, case by case.

#![allow(clippy::unwrap_used)]

use super::*;

fn scheduler<J>(functions: usize, max_environments: usize, max_waiting: usize) -> Scheduler<J> {
    let mut scheduler = Scheduler::new(max_environments, max_waiting);
    for index in 0..functions {
        assert_eq!(scheduler.add_function(), index);
    }
    scheduler
}

fn now() -> Instant {
    Instant::now()
}

fn start<J>(function: usize, environment: EnvironmentId) -> Action<J> {
    Action::Start {
        function,
        environment,
    }
}

fn run<J>(environment: EnvironmentId, job: J) -> Action<J> {
    Action::Run { environment, job }
}

fn stop<J>(environment: EnvironmentId) -> Action<J> {
    Action::Stop { environment }
}

#[test]
fn an_idle_environment_is_reused_and_the_most_recently_used_comes_first() {
    let mut scheduler = scheduler(1, 4, 10);
    for job in ["a", "b"] {
        let (_, action) = scheduler.submit(0, job, now()).unwrap();
        assert!(matches!(action, Some(Action::Start { .. })));
    }
    assert_eq!(scheduler.started(0, 1, now()), Some(run(1, "a")));
    assert_eq!(scheduler.started(0, 2, now()), Some(run(2, "b")));
    scheduler.freed(0, 1, now());
    scheduler.freed(0, 2, now());
    let (_, action) = scheduler.submit(0, "c", now()).unwrap();
    assert_eq!(action, Some(run(2, "c")));
}

#[test]
fn a_waiting_job_goes_to_whichever_environment_is_free_first() {
    let mut scheduler = scheduler(1, 4, 10);
    scheduler.submit(0, "a", now()).unwrap();
    scheduler.started(0, 1, now());
    let (_, action) = scheduler.submit(0, "b", now()).unwrap();
    assert_eq!(action, Some(start(0, 2)));
    // The busy one is done before the new one has started.
    assert_eq!(scheduler.freed(0, 1, now()), Some(run(1, "b")));
    assert_eq!(scheduler.started(0, 2, now()), None);
}

#[test]
fn a_job_waits_for_an_environment_that_is_about_to_be_free_but_not_for_long() {
    let mut scheduler = scheduler(1, 4, 10);
    scheduler.submit(0, "a", now()).unwrap();
    scheduler.started(0, 1, now());
    scheduler.finishing(0, 1);
    assert_eq!(scheduler.submit(0, "b", now()).unwrap().1, None);
    // A second one would wait for the first.
    assert_eq!(
        scheduler.submit(0, "c", now()).unwrap().1,
        Some(start(0, 2))
    );
    assert_eq!(scheduler.freed(0, 1, now()), Some(run(1, "b")));
    scheduler.finishing(0, 1);
    assert_eq!(scheduler.submit(0, "d", now()).unwrap().1, None);
    assert_eq!(scheduler.overdue(0, 1, now()), Some(start(0, 3)));
}

#[test]
fn at_the_bound_jobs_wait_and_past_the_queue_they_are_refused() {
    let mut scheduler = scheduler(1, 1, 1);
    scheduler.submit(0, "a", now()).unwrap();
    scheduler.started(0, 1, now());
    assert_eq!(scheduler.submit(0, "b", now()).unwrap().1, None);
    assert_eq!(scheduler.submit(0, "c", now()), Err("c"));
    assert_eq!(scheduler.environments(), 1);
    assert_eq!(scheduler.freed(0, 1, now()), Some(run(1, "b")));
}

#[test]
fn at_the_bound_an_idle_environment_of_another_function_makes_room() {
    let mut scheduler = scheduler(2, 1, 10);
    scheduler.submit(0, "a", now()).unwrap();
    scheduler.started(0, 1, now());
    scheduler.freed(0, 1, now());
    let (_, action) = scheduler.submit(1, "b", now()).unwrap();
    assert_eq!(action, Some(stop(1)));
    assert_eq!(scheduler.ended(0, 1, now()), [start(1, 2)]);
    assert_eq!(scheduler.started(1, 2, now()), Some(run(2, "b")));
}

#[test]
fn at_the_bound_an_environment_that_is_freed_makes_room_for_another_functions_job() {
    let mut scheduler = scheduler(2, 1, 10);
    scheduler.submit(0, "a", now()).unwrap();
    scheduler.started(0, 1, now());
    assert_eq!(scheduler.submit(1, "b", now()).unwrap().1, None);
    assert_eq!(scheduler.freed(0, 1, now()), Some(stop(1)));
    assert_eq!(scheduler.ended(0, 1, now()), [start(1, 2)]);
}

/// At the bound, each an environment of a function of its own.
fn one_busy_one_idle(begin: Instant) -> Scheduler<&'static str> {
    let mut scheduler = scheduler(2, 2, 10);
    for function in [0, 1] {
        scheduler.submit(function, "a", begin).unwrap();
        scheduler.started(function, function as u64 + 1, begin);
    }
    scheduler.freed(1, 2, begin);
    scheduler
}

#[test]
fn at_the_bound_a_job_is_patient_where_its_function_has_an_environment() {
    let begin = now();
    let mut scheduler = one_busy_one_idle(begin);
    // The busy one will have been quicker than a new one could be.
    assert_eq!(scheduler.submit(0, "b", begin).unwrap().1, None);
    assert_eq!(scheduler.hurry(begin + PATIENCE / 2), []);
    assert_eq!(scheduler.hurry(begin + PATIENCE), [stop(2)]);
    assert_eq!(scheduler.hurry(begin + PATIENCE), []);
    assert_eq!(scheduler.ended(1, 2, begin + PATIENCE), [start(0, 3)]);
}

#[test]
fn at_the_bound_what_has_idled_for_long_makes_room_at_once() {
    let begin = now();
    let mut scheduler = one_busy_one_idle(begin);
    let late = begin + SURPLUS;
    assert_eq!(scheduler.submit(0, "b", late).unwrap().1, Some(stop(2)));
    assert_eq!(scheduler.submit(0, "c", late).unwrap().1, None);
}

#[test]
fn a_flood_of_one_function_does_not_keep_out_another() {
    let mut scheduler = scheduler(2, 1, 10);
    let begin = now();
    for job in ["a", "b", "c"] {
        scheduler.submit(0, job, begin).unwrap();
    }
    scheduler.started(0, 1, begin);
    assert_eq!(scheduler.submit(1, "x", begin).unwrap().1, None);
    // Those that came as early are served first.
    assert_eq!(
        scheduler.freed(0, 1, begin + PATIENCE / 2),
        Some(run(1, "b"))
    );
    let late = begin + PATIENCE * 2;
    scheduler.submit(0, "d", late).unwrap();
    assert_eq!(scheduler.freed(0, 1, late), Some(run(1, "c")));
    assert_eq!(scheduler.freed(0, 1, late), Some(stop(1)));
    assert_eq!(scheduler.ended(0, 1, late), [start(1, 2)]);
}

#[test]
fn a_function_that_is_started_for_no_one_any_more_idles() {
    let mut scheduler = scheduler(1, 2, 10);
    let (ticket, _) = scheduler.submit(0, "a", now()).unwrap();
    assert_eq!(scheduler.withdraw(0, ticket), Some("a"));
    assert_eq!(scheduler.started(0, 1, now()), None);
    assert!(scheduler.withdraw_idle(0, 1));
    assert!(!scheduler.withdraw_idle(0, 1));
}

#[test]
fn an_environment_that_idles_too_long_is_stopped() {
    let mut scheduler = scheduler(1, 2, 10);
    let begin = now();
    scheduler.submit(0, "a", now()).unwrap();
    scheduler.started(0, 1, begin);
    scheduler.freed(0, 1, begin);
    assert_eq!(
        scheduler.expire(begin + Duration::from_secs(1), Duration::from_secs(2)),
        []
    );
    let expired = scheduler.expire(begin + Duration::from_secs(2), Duration::from_secs(2));
    assert_eq!(expired, [stop(1)]);
}

#[test]
fn a_failed_start_takes_the_job_that_waits_longest() {
    let mut scheduler = scheduler(1, 2, 10);
    scheduler.submit(0, "a", now()).unwrap();
    assert_eq!(scheduler.start_failed(0, 1), Some("a"));
    assert_eq!(scheduler.ended(0, 1, now()), []);
}

#[test]
fn retired_environments_get_no_further_job_and_end_when_they_are_free() {
    let mut scheduler = scheduler(2, 10, 10);
    // One is busy, one idles, one starts.
    for environment in [1, 2] {
        scheduler.submit(0, "a", now()).unwrap();
        scheduler.started(0, environment, now());
    }
    scheduler.submit(0, "a", now()).unwrap();
    scheduler.freed(0, 2, now());
    scheduler.freed(0, 2, now());
    assert_eq!(scheduler.retire(0, now()), [stop(2)]);
    // Neither the one that still starts nor the busy one is of use any more.
    assert_eq!(
        scheduler.submit(0, "f", now()).unwrap().1,
        Some(start(0, 4))
    );
    assert_eq!(scheduler.started(0, 3, now()), Some(stop(3)));
    scheduler.finishing(0, 1);
    assert_eq!(scheduler.freed(0, 1, now()), Some(stop(1)));
    assert_eq!(scheduler.started(0, 4, now()), Some(run(4, "f")));
    for environment in [1, 2, 3] {
        assert_eq!(scheduler.ended(0, environment, now()), []);
    }
    assert_eq!(scheduler.environments(), 1);
}

#[test]
fn what_waits_when_its_function_is_retired_is_started_for_anew() {
    let mut scheduler = scheduler(1, 2, 10);
    scheduler.submit(0, "a", now()).unwrap();
    assert_eq!(scheduler.retire(0, now()), [start(0, 2)]);
    // At the bound it has to wait until a retired one has ended.
    assert_eq!(scheduler.retire(0, now()), []);
    assert_eq!(scheduler.start_failed(0, 1), None);
    assert_eq!(scheduler.ended(0, 1, now()), [start(0, 3)]);
    assert_eq!(scheduler.started(0, 3, now()), Some(run(3, "a")));
}

#[test]
fn a_function_that_is_behind_is_given_no_more_while_no_environment_is_to_come() {
    let mut scheduler = scheduler(2, 1, 10);
    let begin = now();
    scheduler.submit(0, "a", begin).unwrap();
    let late = begin + MAX_BEHIND;
    // Its environment is still to come.
    scheduler.submit(0, "b", late).unwrap();
    scheduler.started(0, 1, late);
    scheduler.submit(0, "c", late + MAX_BEHIND / 2).unwrap();
    let later = late + MAX_BEHIND;
    assert_eq!(scheduler.submit(0, "d", later), Err("d"));
    // That is no other's concern.
    scheduler.submit(1, "e", later).unwrap();
    scheduler.freed(0, 1, later);
    scheduler.submit(0, "f", later).unwrap();
}
