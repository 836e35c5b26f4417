//! What the store promises, asked of SQLite and of PostgreSQL alike.
#![expect(clippy::unwrap_used, reason = "a test ends at the first error")]

mod chain;
mod db;
mod feed;
mod filter;
mod make;
mod pools;
mod suite;
mod together;
mod undo;
mod work;

/// Stamps each test onto both databases.
macro_rules! contract {
    ($($noun:ident::$test:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$noun::$test(super::db::Db::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$noun::$test(super::db::Db::postgres().await).await;
            })*
        }
    };
}

contract! {
    chain::the_last_block_is_the_tail,
    chain::logs_are_kept_understood_or_not,
    chain::a_name_follows_the_registry,
    chain::text_that_a_database_cannot_hold_is_no_obstacle,
    chain::a_document_ends_once,
    chain::balances_follow_every_move,
    chain::a_block_full_of_moves_is_as_good_as_one_by_one,
    chain::a_balance_never_wraps,
    chain::balances_are_listed_in_pages,
    chain::deeds_follow_their_owner,
    chain::transfers_are_listed_newest_first,
    filter::conditions_choose_rows,
    filter::what_waits_in_vain_is_chosen_as_failed,
    filter::transfers_and_holdings_are_chosen,
    work::a_dropped_transaction_leaves_no_trace,
    work::writers_take_turns,
    work::a_reader_sees_one_moment,
    work::a_reader_cannot_write,
    work::what_is_committed_is_there_after_reopening,
    work::a_trade_is_its_journal,
    work::trades_are_listed_newest_first,
    work::an_intent_is_added_once,
    work::an_intent_waits_for_what_it_follows_from,
    work::only_open_intents_move,
    work::what_was_sent_is_not_sent_twice,
    work::what_left_logs_was_mined,
    work::a_replacement_has_the_same_nonce_and_the_old_hash_is_known,
    work::whichever_version_is_mined_is_the_transaction,
    work::what_waits_for_a_failure_is_told,
    work::what_was_given_up_is_tried_anew_when_asked_for_again,
    work::late_intents_expire,
    work::a_nonce_is_used_once,
    work::a_request_is_claimed_once,
    work::a_file_is_added_once,
    suite::a_deal_keeps_its_history,
    suite::the_last_leg_arms,
    suite::an_order_ends_with_its_nonce,
    suite::deals_are_listed_by_what_they_are,
    suite::units_follow_every_move,
    suite::a_grant_replaces_the_one_before,
    suite::a_deed_that_moves_is_granted_to_nobody,
    suite::credits_add_up_until_they_are_taken,
    suite::a_proposal_keeps_its_votes,
    suite::pins_come_in_their_order,
    feed::what_is_deep_is_told_once_in_order,
    feed::a_number_never_means_something_else,
    feed::a_subscription_moves_on_and_never_back,
    pools::a_token_is_followed_once_it_is_deep,
    pools::a_reorg_takes_back_a_token_that_was_made,
    pools::a_token_that_was_put_away_can_be_named_again,
    pools::an_irregular_token_harms_only_itself,
    together::a_failure_takes_back_only_its_own,
    together::a_statement_that_fails_harms_nobody_else,
    together::what_is_begun_is_done_though_nobody_waits,
    together::a_panic_is_told_and_the_next_goes_on,
    undo::a_reorg_takes_back_what_was_mined,
    undo::unwinding_is_the_mirror_image_of_applying,
}
