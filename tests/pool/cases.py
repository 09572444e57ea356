"""The 78 cases a Stratum pool is held to: number, what is to come true, and the tests of it."""

LOGIN = "pool/test_session_login"
NEGOTIATION = "pool/test_session_negotiation"
SUBMIT = "pool/test_session_submit"
TRANSPORT = "pool/test_session_transport"
WORK = "pool/test_session_work"
MINERS = "pool/test_session_miners"
POOL = "pool/test_pool"
VERDICTS = "node/test_verdicts"
OPERATOR = "pool/test_operator"
MOMENTS = "pool/test_books_moments"
VARDIFF = "pool/test_vardiff"
APP = "poolapi/test_app"
SERVICE = "poolapi/test_service"

CASES: dict[int, tuple[str, list[tuple[str, str]]]] = {
    # Session
    1: ("subscribe without parameters", [
        (LOGIN, "test_subscribe_gives_an_extranonce_whatever_the_miner_says_of_itself"),
    ]),
    2: ("subscribe with a name, a session, a host and a port", [
        (LOGIN, "test_subscribe_gives_an_extranonce_whatever_the_miner_says_of_itself"),
        (MINERS, "test_cgminer_with_version_rolling"),
    ]),
    3: ("a known session id gets its extranonce1 again, any other a new one", [
        (LOGIN, "test_a_known_session_id_gets_the_same_extranonce_again"),
        (LOGIN, "test_a_foreign_or_expired_session_id_gets_another"),
        ("pool/test_extranonce",
         "test_after_a_restart_the_session_id_still_gets_its_extranonce"),
        (MINERS, "test_cpuminer_comes_back_with_its_session"),
    ]),
    4: ("a second subscribe gives no second extranonce1", [
        (LOGIN, "test_a_second_subscribe_on_a_connection_gives_the_first_answer_again"),
    ]),
    5: ("extranonces of two servers never meet", [
        ("pool/test_extranonce",
         "test_ten_thousand_subscriptions_over_two_front_ends_are_all_different"),
        ("pool/test_extranonce", "test_servers_of_any_two_numbers_never_meet"),
    ]),
    6: ("authorize before subscribe", [
        (LOGIN, "test_authorize_may_come_first_and_work_starts_with_the_subscription"),
    ]),
    7: ("authorize with any password, or more", [
        (LOGIN, "test_authorize_takes_any_password"),
    ]),
    8: ("users, workers and names without one", [
        (LOGIN, "test_the_name_before_the_first_dot_is_the_user"),
        ("pool/test_names", "test_good_names"),
    ]),
    9: ("names that are none are refused a few times, then the connection ends", [
        (LOGIN, "test_a_name_that_is_not_plainly_harmless_is_refused"),
        (LOGIN, "test_an_object_for_parameters_is_refused_as_a_name"),
        (LOGIN, "test_a_handful_of_refused_names_closes_the_connection"),
    ]),
    10: ("hostile names are refused", [
        (LOGIN, "test_a_name_that_is_not_plainly_harmless_is_refused"),
        ("pool/test_names", "test_whatever_passes_is_printable_and_short"),
        ("pool/test_accounts", "test_a_name_that_cannot_mine_gets_no_account"),
    ]),
    11: ("two workers on one connection", [
        (LOGIN, "test_two_workers_on_one_connection_are_credited_by_the_name_in_the_submit"),
    ]),
    12: ("closed registration", [
        (LOGIN, "test_a_user_the_pool_does_not_admit_gets_no_work"),
        ("pool/test_accounts", "test_closed_registration_admits_only_those_with_an_account"),
    ]),
    13: ("a difficulty in the password", [
        (LOGIN, "test_a_difficulty_in_the_password_is_the_least_one"),
        ("pool/test_names", "test_wishes"),
    ]),
    14: ("ids of any kind", [
        (LOGIN, "test_an_id_is_echoed_byte_for_byte"),
        (LOGIN, "test_a_request_without_an_id_gets_no_answer"),
        (LOGIN, "test_an_id_that_is_no_scalar_is_an_error_without_an_id"),
    ]),
    # Negotiation
    15: ("version rolling with all bits", [
        (NEGOTIATION, "test_version_rolling_is_granted_for_the_bits_both_sides_allow"),
    ]),
    16: ("version rolling with few bits, or none in common", [
        (NEGOTIATION, "test_version_rolling_is_granted_for_the_bits_both_sides_allow"),
        (NEGOTIATION, "test_a_mask_without_a_common_bit_is_refused"),
    ]),
    17: ("more bits asked for than there are", [
        (NEGOTIATION, "test_more_bits_than_can_be_granted_are_refused_with_a_reason"),
    ]),
    18: ("configure out of form", [
        (NEGOTIATION, "test_every_extension_asked_for_is_answered"),
        (NEGOTIATION, "test_a_configure_out_of_form_is_an_error_and_no_end"),
    ]),
    19: ("an unknown extension", [
        (NEGOTIATION, "test_every_extension_asked_for_is_answered"),
    ]),
    20: ("minimum-difficulty", [
        (NEGOTIATION, "test_a_minimum_difficulty_holds_from_the_next_job_on"),
        (NEGOTIATION, "test_a_minimum_difficulty_that_is_none_is_refused"),
    ]),
    21: ("subscribe-extranonce as an extension", [
        (NEGOTIATION, "test_every_extension_asked_for_is_answered"),
    ]),
    22: ("configure is answered on the very next line", [
        (NEGOTIATION,
         "test_configure_is_answered_on_the_next_line_before_between_and_after_the_login"),
        (MINERS, "test_cgminer_with_version_rolling"),
        (MINERS, "test_bitaxe"),
    ]),
    23: ("mining.extranonce.subscribe with a text for an id", [
        (NEGOTIATION, "test_extranonce_changes_may_be_subscribed_with_a_text_for_an_id"),
        (MINERS, "test_bfgminer"),
    ]),
    24: ("mining.suggest_difficulty", [
        (NEGOTIATION, "test_a_suggested_difficulty_is_taken_within_bounds"),
        (NEGOTIATION, "test_a_difficulty_suggested_before_the_login_is_that_of_the_first_job"),
        (NEGOTIATION, "test_a_wish_that_is_no_number_is_an_error_and_changes_nothing"),
        (NEGOTIATION, "test_suggestions_are_taken_six_times_a_minute_and_no_more"),
    ]),
    25: ("mining.suggest_target", [
        (NEGOTIATION, "test_a_suggested_target_is_the_difficulty_it_stands_for"),
    ]),
    26: ("methods this pool has not", [
        (NEGOTIATION, "test_an_unknown_method_is_answered_and_the_connection_kept"),
    ]),
    # Work
    27: ("difficulty and a clean job after the login, nothing before", [
        (WORK, "test_nothing_is_pushed_before_authorize_then_a_difficulty_and_a_clean_job"),
        (POOL, "test_a_log_in_gets_its_answers_then_difficulty_then_a_clean_job"),
    ]),
    28: ("a new block is a clean job for everybody", [
        (POOL, "test_a_new_tip_gives_everybody_a_clean_job"),
        (WORK, "test_a_new_block_is_a_clean_job_and_a_refresh_is_not"),
        (SUBMIT, "test_a_job_of_the_block_before_is_stale"),
    ]),
    29: ("a refresh is another job, and the older ones stay good", [
        (WORK, "test_a_new_block_is_a_clean_job_and_a_refresh_is_not"),
        (WORK, "test_no_two_jobs_are_the_same_work"),
        (SUBMIT, "test_an_older_job_of_the_same_block_is_good_until_it_expires"),
    ]),
    30: ("a change of difficulty comes with a new job and holds from there", [
        (WORK, "test_a_difficulty_change_comes_before_a_new_job_and_old_jobs_keep_theirs"),
        (WORK, "test_a_share_of_the_new_job_at_the_old_difficulty_is_refused"),
    ]),
    31: ("the coinbase of a job at every height", [
        (WORK, "test_the_block_of_what_was_sent_is_whole_at_every_height"),
        ("work/test_coinbase", "test_the_script_begins_with_the_height_of_bip34"),
        ("work/test_coinbase", "test_the_script_has_the_2_to_100_bytes_of_consensus"),
    ]),
    32: ("the merkle branch for any number of transactions", [
        ("work/test_job", "test_the_root_equals_the_one_over_all_transactions"),
        ("pool/test_jobs", "test_the_branch_folds_to_the_root_of_all_transactions"),
    ]),
    33: ("the witness commitment, judged by a real node", [
        ("work/test_coinbase", "test_the_witness_commitment_is_an_output_of_its_own"),
        ("node/test_node",
         "test_templates_carry_fees_transactions_and_a_commitment_and_stay_acceptable"),
    ]),
    34: ("templates without transactions or without witness rules", [
        ("work/test_coinbase", "test_a_template_without_witness_rules_has_no_commitment"),
        ("work/test_job", "test_a_block_without_a_commitment_has_a_coinbase_without_a_witness"),
    ]),
    35: ("outputs add up, and none is dust", [
        ("work/test_coinbase", "test_the_outputs_add_up_to_the_value_whatever_their_number"),
        ("work/test_coinbase", "test_outputs_that_do_not_add_up_are_refused"),
        ("work/test_coinbase", "test_an_output_below_dust_is_refused_beside_another"),
    ]),
    36: ("a quiet pool says something every 45 seconds", [
        (WORK, "test_a_quiet_pool_still_says_something_every_45_seconds"),
        (OPERATOR, "test_fresh_work_goes_out_every_thirty_seconds_though_the_tip_stays"),
        (OPERATOR, "test_a_miner_hears_something_in_time_though_farm_time_stands"),
    ]),
    # Submit
    37: ("a good share", [
        (SUBMIT, "test_a_good_share_is_credited_once_at_its_jobs_work"),
        (POOL, "test_a_share_is_answered_and_credited"),
    ]),
    38: ("the same share again, however it is spelt", [
        (SUBMIT, "test_the_same_share_again_is_a_duplicate_in_upper_case_too"),
        (SUBMIT, "test_hex_that_is_not_exactly_the_protocols_is_never_credited"),
    ]),
    39: ("the same share over a resumed session", [
        (SUBMIT, "test_a_share_from_another_connection_with_the_resumed_extranonce_is_a_duplicate"),
    ]),
    40: ("other version bits are another share", [
        (SUBMIT, "test_another_version_with_the_same_nonce_is_another_share"),
        (SUBMIT, "test_bits_inside_the_mask_are_merged_into_the_jobs_version"),
    ]),
    41: ("bits outside the mask, or none", [
        (SUBMIT, "test_bits_outside_the_mask_are_refused"),
        (SUBMIT, "test_no_bits_though_negotiated_leave_the_jobs_version_as_it_is"),
        (SUBMIT, "test_version_bits_that_are_not_eight_hex_digits_are_malformed"),
    ]),
    42: ("version bits without negotiation", [
        (SUBMIT, "test_without_negotiation_only_zero_bits_are_taken"),
    ]),
    43: ("extranonce2 of another length or no hex", [
        (SUBMIT, "test_hex_that_is_not_exactly_the_protocols_is_never_credited"),
    ]),
    44: ("header times", [
        (SUBMIT, "test_times_from_what_the_chain_takes_to_two_hours_ahead_are_good"),
        (SUBMIT, "test_hex_that_is_not_exactly_the_protocols_is_never_credited"),
    ]),
    45: ("nonces of another length", [
        (SUBMIT, "test_hex_that_is_not_exactly_the_protocols_is_never_credited"),
    ]),
    46: ("jobs that are unknown, stale or expired", [
        (SUBMIT, "test_an_unknown_job_is_not_found"),
        (SUBMIT, "test_a_job_of_the_block_before_is_stale"),
        (SUBMIT, "test_an_older_job_of_the_same_block_is_good_until_it_expires"),
    ]),
    47: ("the border of a target", [
        (SUBMIT, "test_a_hash_equal_to_the_target_is_good_and_one_above_is_not"),
        ("work/test_judge", "test_difficulties_small_and_large_have_an_exact_border"),
    ]),
    48: ("a block below its job's difficulty", [
        (SUBMIT, "test_a_block_is_a_block_even_below_the_jobs_own_difficulty"),
    ]),
    49: ("a stale block is still tried", [
        (SUBMIT, "test_a_stale_block_earns_nothing_but_is_still_tried"),
        (SUBMIT, "test_a_block_outside_the_time_window_is_still_tried"),
    ]),
    50: ("a block handed in twice", [
        (SUBMIT, "test_a_block_handed_in_twice_is_one_block"),
    ]),
    51: ("a submit of a stranger, or too early", [
        (SUBMIT, "test_a_worker_that_was_not_authorised_is_refused"),
        (SUBMIT, "test_a_submit_before_the_subscription_is_refused"),
    ]),
    52: ("parameters of any other form", [
        (SUBMIT, "test_parameters_of_any_other_form_are_an_error_and_no_crash"),
        ("stratum/test_messages",
         "test_nesting_without_end_is_malformed_or_passed_over_and_no_fault"),
    ]),
    53: ("a flood of shares, and nothing but refused ones", [
        (WORK, "test_a_thousand_shares_a_second_raise_the_difficulty_instead_of_a_ban"),
        ("pool/test_refusals",
         "test_a_session_of_refused_shares_gets_new_work_then_a_reconnect_then_the_door"),
    ]),
    54: ("a share that races a block", [
        (SUBMIT, "test_a_share_that_races_the_new_block_is_judged_by_the_order_of_arrival"),
    ]),
    55: ("what a node may say of a block", [
        (POOL, "test_a_block_reaches_the_node_and_a_refused_one_takes_its_rewards_back"),
        (POOL, "test_a_block_that_the_node_had_already_keeps_its_rewards"),
        (POOL, "test_a_node_that_is_away_gets_the_block_when_it_is_back"),
        (VERDICTS, "test_a_block_that_the_node_keeps_is_accepted_with_its_word_as_a_remark"),
        (VERDICTS, "test_any_other_word_is_a_refusal_for_that_reason"),
        (VERDICTS, "test_one_node_that_has_the_block_is_enough"),
    ]),
    # Transport
    56: ("lines cut and joined", [
        (TRANSPORT, "test_two_requests_in_one_segment_are_answered_in_order"),
        (TRANSPORT, "test_one_request_over_many_segments_is_answered_at_its_end"),
        (TRANSPORT, "test_carriage_returns_empty_lines_and_a_leading_mark_do_no_harm"),
    ]),
    57: ("a line without an end", [
        (TRANSPORT, "test_a_megabyte_without_a_line_end_closes_at_the_limit"),
    ]),
    58: ("what is no Stratum", [
        (TRANSPORT, "test_what_is_no_stratum_closes_the_connection_and_is_not_answered"),
        (POOL, "test_what_is_no_stratum_is_closed"),
        ("pool/test_tls",
         "test_a_miner_that_speaks_tls_on_the_plain_port_is_understood_and_so_is_a_plain_one"),
        ("pool/test_tls", "test_what_begins_like_tls_and_is_none_is_closed"),
    ]),
    59: ("connections that never log in", [
        (TRANSPORT, "test_a_peer_that_is_not_logged_in_after_a_minute_is_closed"),
        (TRANSPORT, "test_a_byte_every_five_seconds_does_not_move_the_deadline"),
    ]),
    60: ("a client that never reads", [
        (POOL, "test_a_peer_that_does_not_read_is_dropped_and_the_others_are_served"),
    ]),
    61: ("a crowd from one network", [
        ("pool/test_crowd",
         "test_five_thousand_connects_from_one_network_meet_its_limit_and_other_networks_do_not"),
        (POOL, "test_one_address_has_only_so_many_connections"),
        ("pool/test_crowd",
         "test_coming_and_going_without_end_is_stopped_and_forgiven_with_time"),
    ]),
    62: ("the PROXY protocol", [
        (POOL, "test_a_trusted_proxy_says_whose_connection_it_is_and_the_limits_count_that"),
        (POOL, "test_a_proxy_header_of_a_stranger_ends_the_connection"),
        ("pool/test_proxy", "test_a_header_says_whose_connection_it_is_wherever_it_is_cut"),
        ("pool/test_tls", "test_who_is_waited_for_has_a_deadline"),
    ]),
    63: ("connections that end at any moment", [
        (POOL, "test_a_reset_in_the_middle_of_a_reply_leaves_no_session"),
        (POOL, "test_a_miner_that_shuts_its_side_is_gone_and_what_it_sent_before_is_credited"),
    ]),
    64: ("a clock that jumps", [
        (WORK, "test_a_clock_that_jumps_an_hour_does_not_change_the_difficulty"),
        (VARDIFF, "test_a_clock_that_jumps_an_hour_changes_no_difficulty"),
        (MOMENTS, "test_time_jumps_of_an_hour_each_way_keep_rates_sane_and_money_whole"),
    ]),
    # Vardiff and accounting
    65: ("miners of every size settle and stay", [
        (VARDIFF, "test_a_miner_of_any_size_settles_in_five_minutes_and_stays_for_an_hour"),
        (VARDIFF, "test_steady_miners_of_any_size_are_known_within_a_few_per_cent"),
        (VARDIFF, "test_the_difficulty_of_a_steady_miner_does_not_swing"),
    ]),
    66: ("a miner that stops and returns", [
        (VARDIFF, "test_the_difficulty_of_a_silent_miner_decays_to_the_minimum_and_no_further"),
        (WORK, "test_a_silent_miner_gets_easier_jobs"),
    ]),
    67: ("credits and fee are the block's value", [
        ("pool/test_rewards", "test_fee_and_credits_add_up_to_the_satoshi"),
        ("pool/test_rewards", "test_the_order_of_users_changes_nothing"),
        ("pool/test_books", "test_every_satoshi_is_owed_kept_or_taken_back"),
    ]),
    68: ("the score of one who stopped", [
        ("pool/test_scoring", "test_a_user_who_stopped_one_time_constant_ago_counts_one_to_e"),
    ]),
    69: ("orphaned blocks", [
        (MOMENTS, "test_a_block_is_orphaned_by_another_at_its_height_and_may_come_back"),
        (MOMENTS, "test_a_refused_block_gives_its_round_and_its_rewards_back"),
    ]),
    70: ("a restart in the middle of a round", [
        ("pool/test_books", "test_books_from_a_store_equal_undisturbed_ones"),
        ("pool/test_bookkeeping", "test_nothing_is_lost_or_counted_twice_by_a_crash_at_any_moment"),
        (LOGIN, "test_a_resumed_session_goes_on_at_its_difficulty"),
        ("test_taken_over_pool", "test_a_session_is_resumed_after_kill_9_as_well"),
        ("pool/test_extranonce", "test_what_rested_goes_over_into_the_next_life_with_its_work"),
        ("test_taken_over_pool",
         "test_nobody_is_refused_and_the_work_adds_up_while_processes_follow_each_other"),
    ]),
    71: ("a node that is away", [
        (POOL, "test_miners_keep_their_job_while_the_node_is_away"),
        (POOL, "test_no_work_is_given_out_once_templates_are_too_old_and_again_when_they_come"),
        ("node/test_health", "test_a_node_that_is_not_mined_on_is_told_with_the_reason"),
    ]),
    # API
    72: ("tokens, and none", [
        (APP, "test_the_token_is_taken_from_each_of_the_four_headers"),
        (APP, "test_without_a_token_everything_is_403_as_text"),
        (APP, "test_any_other_token_is_403_as_text"),
        (APP, "test_a_revoked_token_is_403_at_once"),
        ("poolapi/test_door", "test_a_profile_without_web_apis_is_told_so"),
    ]),
    73: ("paths, methods and coins", [
        (APP, "test_every_variant_of_every_path_is_answered_in_place"),
        (APP, "test_head_is_a_get_without_the_body"),
        (APP, "test_options_tells_the_methods_and_needs_no_token"),
        (APP, "test_other_methods_are_refused_as_text"),
        (APP, "test_an_unknown_coin_is_404_as_text"),
    ]),
    74: ("types as the known clients read them", [
        ("poolapi/test_clients", "test_the_rust_crate_reads_the_stats"),
        ("poolapi/test_clients", "test_the_go_exporter_reads_the_workers"),
        (SERVICE, "test_every_answer_is_of_its_contract_to_the_last_field"),
        (SERVICE, "test_an_account_without_workers_has_an_empty_object"),
    ]),
    75: ("dates out of form or range", [
        (APP, "test_bad_dates_are_400_as_text_that_says_what_is_right"),
        ("poolapi/test_dates", "test_the_longest_range_is_let_through_and_one_day_more_is_not"),
    ]),
    76: ("bursts", [
        (APP, "test_six_requests_in_ten_seconds_are_fine_and_a_hundred_are_not"),
    ]),
    77: ("luck and CDF of the capture of 2020", [
        ("poolapi/test_figures", "test_luck_of_the_live_pool_in_2020_was_1_14"),
        ("poolapi/test_figures", "test_round_probability_of_the_live_pool_in_2020_was_0_23"),
    ]),
    78: ("states of workers", [
        (MOMENTS,
         "test_a_worker_is_ok_low_below_70_percent_off_in_silence_and_dis_unwatched"),
    ]),
}  # fmt: skip
