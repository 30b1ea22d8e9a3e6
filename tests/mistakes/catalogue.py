"""The mistakes, in the order in which a reading meets the code."""

from __future__ import annotations

from tests.mistakes.seeding import Mistake

_SEEDS = "tests/simulation/test_simulation.py::test_seeds"
_FEW = (("SIMULATION_SEEDS", "150"),)
"""Seeds in which every mistake below showed itself when it was tried."""

MISTAKES = (
    Mistake(
        "acknowledge before the spool has it",
        "acknowledged means on our disk",
        "ingest/collecting.py",
        "            new = await self._keep(spooled)\n            self._sender.acknowledge(messages)\n",
        "            self._sender.acknowledge(messages)\n            new = await self._keep(spooled)\n",
        "tests/ingest/test_full_spool.py::"
        "test_without_room_nothing_is_acknowledged_and_health_is_red[embedded]",
    ),
    Mistake(
        "acknowledge what another connection brought",
        "acknowledged means on our disk",
        "ingest/subscriber.py",
        "one.packet_id for one in messages if one.packet_id and one.epoch == self._epoch\n",
        "one.packet_id for one in messages if one.packet_id\n",
        "tests/ingest/test_subscriber.py::"
        "test_an_acknowledgement_of_a_lost_connection_acknowledges_nothing[embedded]",
    ),
    Mistake(
        "answer the publisher before the spool has it",
        "acknowledged means on our disk",
        "ingest/collecting.py",
        "            new = await self._keep(spooled)\n            self._sender.acknowledge(messages)\n"
        "            self._sender.answer(_answers(messages, received))\n",
        "            self._sender.answer(_answers(messages, received))\n"
        "            new = await self._keep(spooled)\n            self._sender.acknowledge(messages)\n",
        "tests/ingest/test_answers.py::test_an_answer_comes_when_the_spool_has_it_and_not_before",
    ),
    Mistake(
        "take the broker's PUBACK for the line's answer",
        "acknowledged means on our disk",
        "ingest/uplink.py",
        "            if failure and identity in self._unanswered:\n",
        "            if not failure and identity in self._unanswered:\n"
        "                self._acknowledged(self._unanswered.pop(identity)[0])\n"
        "            if failure and identity in self._unanswered:\n",
        "tests/simulators/test_connection.py::"
        "test_what_the_broker_has_is_not_acknowledged_before_the_line_answers",
    ),
    Mistake(
        "send all packs on a new connection before the line has answered",
        "order per datastream",
        "ingest/uplink.py",
        "                if self._proven:\n",
        "                if self._proven or self._wire.ready:\n",
        "tests/simulators/test_connection.py::"
        "test_what_a_broker_drops_before_anybody_has_subscribed_is_not_overtaken",
    ),
    Mistake(
        "keep half of a group when the disk is full",
        "acknowledged means on our disk",
        "ingest/spool.py",
        '                self._database.execute("BEGIN IMMEDIATE")\n'
        "                yield self._database\n"
        '                self._database.execute("COMMIT")\n',
        "                yield self._database\n",
        "tests/ingest/test_spool.py::"
        "test_a_write_that_does_not_fit_leaves_nothing_and_the_next_one_works",
    ),
    Mistake(
        "count an unnumbered message that comes again as new",
        "nothing is stored twice",
        "ingest/spool.py",
        "        return not one.content or self._contents.is_new(one.content, one.received_us)\n",
        "        return True\n",
        "tests/ingest/test_spool.py::"
        "test_content_that_came_not_long_ago_is_the_same_message_and_takes_no_number",
    ),
    Mistake(
        "answer a device on TCP before the spool has its frame",
        "acknowledged means on our disk",
        "ingest/tcp_connection.py",
        "        self._inbox.put(Message(topic, frame, {}, received_us, told=told, back=back))\n",
        "        self._inbox.put(Message(topic, frame, {}, received_us, told=told))\n"
        "        back(told.replies)\n",
        "tests/ingest/test_tcp.py::"
        "test_an_answer_comes_when_the_spool_has_the_frame_and_not_before",
    ),
    Mistake(
        "forget the pieces that went on",
        "nothing is stored twice",
        "ingest/spool_parts.py",
        "            self._contents.is_new(_digest(topic, Part(key, number, total), payload), now_us)\n",
        "            del number, payload\n",
        "tests/ingest/test_spool_parts.py::test_every_piece_is_told_once_however_often_it_comes",
    ),
    Mistake(
        "move a session by a message that comes again",
        "nothing is stored twice",
        "ingest/session_memory.py",
        "        if digest in one.recent:\n            return None\n",
        "",
        "tests/ingest/test_reception.py::"
        "test_a_session_moves_with_each_message_and_not_with_one_that_comes_again",
    ),
    Mistake(
        "trim the spool when the log has it",
        "a wiped log loses nothing",
        "ingest/forwarder.py",
        "        stored = await self._progress.stored(sent)\n",
        "        stored = {one.id for one in sent}\n",
        "tests/ingest/test_gateway.py::test_what_the_sink_has_leaves_the_spool[embedded]",
    ),
    Mistake(
        "go on where the lost log stood",
        "a wiped log loses nothing",
        "ingest/course.py",
        "        self.looked_to = 0\n        self._aside.clear()\n",
        "        return\n",
        _SEEDS,
        _FEW,
    ),
    Mistake(
        "let a gateway that was set aside overtake itself",
        "order per datastream",
        "ingest/course.py",
        "            waits = self._aside.first(gateway) is not None\n",
        "            waits = False\n",
        _SEEDS,
        _FEW,
    ),
    Mistake(
        "let the producer reconnect by itself",
        "order per datastream",
        "ingest/one_life.py",
        "    client._get_conn = once\n",
        "",
        "tests/ingest/test_gateway.py::test_a_log_that_was_wiped_gets_everything_again[embedded]",
    ),
    Mistake(
        "acknowledge to the log before COMMIT",
        "the database owns the offset",
        "streams/worker.py",
        "                await sink.store(_by_partition(events))\n",
        "                for event in events:\n                    event.ack()\n"
        "                await sink.store(_by_partition(events))\n",
        "tests/streams/test_worker.py::test_nothing_is_acknowledged_before_it_is_stored[embedded]",
    ),
    Mistake(
        "acknowledge when storing fails",
        "the database owns the offset",
        "streams/worker.py",
        "                os._exit(EXIT_BROKEN)\n",
        "                pass\n",
        "tests/streams/test_worker.py::"
        "test_a_broken_assumption_ends_the_worker_before_it_acknowledges[embedded]",
    ),
    Mistake(
        "move the ledger over what nobody handed on",
        "the database owns the offset",
        "streams/gaps.py",
        "            if reached < step.end:\n",
        "            if False:\n",
        "tests/streams/test_gaps.py::test_every_record_is_stored_once_in_order[between-two-calls]",
    ),
    Mistake(
        "drop a stretch while the database is away",
        "infrastructure errors lose nothing",
        "streams/sink.py",
        '                self.counts["retries"] += 1\n',
        '                self.counts["retries"] += 1\n                return\n',
        "tests/streams/test_sink.py::test_a_database_that_answers_nothing_is_away_and_tried_again",
    ),
    Mistake(
        "move the ledger without comparing",
        "the database owns the offset",
        "storage/ledger.py",
        "        if cursor.rowcount != 1:\n            raise ZombieError(\n"
        '                f"{step.partition.topic}-',
        "        if False:\n            raise ZombieError(\n"
        '                f"{step.partition.topic}-',
        "tests/storage/test_commit.py::test_a_zombie_stores_nothing",
    ),
    Mistake(
        "keep what one knew when another moved the ledger",
        "the database owns the offset",
        "streams/sink.py",
        '                _log.warning("ledger was moved by another", error=str(error))\n'
        "                self.forget()\n",
        '                _log.warning("ledger was moved by another", error=str(error))\n'
        "                return\n",
        _SEEDS,
        _FEW,
    ),
    Mistake(
        "take the offset of one log for that of another",
        "a wiped log loses nothing",
        "streams/sink.py",
        "        partition = Partition(self._log, *where)\n",
        '        partition = Partition("", *where)\n',
        "tests/streams/test_worker.py::"
        "test_a_wiped_log_is_another_log_and_nothing_of_it_is_dropped[embedded]",
    ),
    Mistake(
        "store a pack without asking the pack ledger",
        "nothing is stored twice",
        "streams/stretch.py",
        "        new = not moved[key].has(pack.seq)\n",
        "        new = True\n",
        "tests/streams/test_stretch.py::"
        "test_a_pack_that_is_stored_is_neither_stored_nor_judged_again",
    ),
    Mistake(
        "judge what is not stored",
        "alerts equal a replay over the stored readings",
        "streams/unstorable.py",
        "    keep[list(barred)] = False\n",
        "",
        "tests/streams/test_stretch.py::"
        "test_what_the_database_refuses_is_quarantined_and_not_judged",
    ),
    Mistake(
        "drop what the database refuses",
        "nothing is dropped silently",
        "streams/stretch.py",
        "                    refusals += found\n",
        "",
        "tests/streams/test_sink.py::"
        "test_a_poisoned_reading_is_quarantined_and_all_others_are_stored",
    ),
    Mistake(
        "start again with an empty engine",
        "alerts equal a replay over the stored readings",
        "streams/sink.py",
        "            saved = await self._store.checkpoint(*where)\n",
        "            saved = None\n",
        _SEEDS,
        _FEW,
    ),
    Mistake(
        "write the engine's state without comparing",
        "alerts equal a replay over the stored readings",
        "storage/commit.py",
        "        if cursor.rowcount != 1:\n            raise ZombieError(\n",
        "        if False:\n            raise ZombieError(\n",
        "tests/storage/test_commit.py::test_a_worker_of_an_older_log_stores_nothing[state]",
    ),
    Mistake(
        "write the pack ledger without comparing",
        "nothing is stored twice",
        "storage/ledger.py",
        "        if cursor.rowcount != len(progress):\n",
        "        if False:\n",
        "tests/storage/test_commit.py::test_a_worker_of_an_older_log_stores_nothing[packs]",
    ),
    Mistake(
        "forget the outbox",
        "every transition is told",
        "storage/alerts.py",
        '            "INSERT INTO outbox (topic, key, payload) VALUES (%s, %s, %s)",\n',
        '            "INSERT INTO outbox (topic, key, payload) SELECT %s, %s, %s WHERE false",\n',
        "tests/storage/test_commit.py::test_all_of_a_stretch_is_stored",
    ),
    Mistake(
        "move an alert whatever its version",
        "one open alert, versions without gaps",
        "storage/alerts.py",
        "WHERE id = %(id)s AND version = %(version)s - 1 RETURNING",
        "WHERE id = %(id)s RETURNING",
        "tests/storage/test_alerts.py::test_a_transition_that_does_not_follow_is_refused[escalated]",
    ),
    Mistake(
        "quarantine a message each time it comes",
        "nothing is stored twice",
        "streams/sink.py",
        "            fresh = [one for one in entries[where] if one.offset >= position.next_offset]\n",
        "            fresh = list(entries[where])\n",
        _SEEDS,
        _FEW,
    ),
    Mistake(
        "judge an unknown slot before asking",
        "what was entered is stored",
        "streams/sink.py",
        "            while any(decoded.is_newer for _, decoded in parts) and await self._take_up():\n",
        "            while False:\n",
        "tests/ioc/test_following.py::"
        "test_a_slot_that_the_sink_does_not_know_is_asked_for_before_it_is_judged",
    ),
    Mistake(
        "pack again by the new city",
        "nothing is stored twice, nothing lost",
        "ingest/course.py",
        "        self._earlier.append((self._sent_before, dict(self._sent), self._packer))\n",
        "",
        "tests/ingest/test_course.py::test_what_may_be_in_the_log_is_packed_as_it_was",
    ),
    Mistake(
        "give a freed slot again",
        "a slot means one datastream",
        "devices/revision.py",
        '            streams.add({**row, "retired": "yes"})\n',
        "            continue\n",
        "tests/devices/test_revision.py::test_whatever_comes_and_goes_a_slot_means_one_datastream",
    ),
    Mistake(
        "overwrite what was made otherwise",
        "nobody's work is overwritten",
        "ioc/taking.py",
        "        if last is None or last.number != now.number:\n",
        "        if last is None:\n",
        "tests/ioc/test_devices.py::test_a_start_does_not_overwrite_what_was_made_otherwise",
    ),
    Mistake(
        "handle an alert whatever somebody did meanwhile",
        "of two people one wins",
        "storage/handling.py",
        "            if one.handled != seen[one.id]:\n",
        "            if False:\n",
        "tests/storage/test_handling.py::test_who_comes_second_is_told_who_was_first",
    ),
    Mistake(
        "leave an alert acknowledged when it gets worse",
        "what is told anew is acknowledged anew",
        "storage/alerts.py",
        '            "anew": one.kind in _TOLD_ANEW,\n',
        '            "anew": False,\n',
        "tests/storage/test_alerts.py::"
        "test_what_is_told_anew_is_acknowledged_anew_and_keeps_its_owner[escalated]",
    ),
    Mistake(
        "commit commands in any order",
        "the engine hears every command",
        "storage/engine_commands.py",
        '        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))\n',
        "",
        "tests/storage/test_engine_commands.py::test_an_id_is_not_seen_before_all_smaller_ones",
    ),
    Mistake(
        "judge again from a state that is not early enough",
        "alerts equal a replay over the stored readings",
        "storage/journal.py",
        "FILTER (WHERE before_us < %s)",
        "FILTER (WHERE last_us < %s)",
        "tests/storage/test_journal.py::test_a_state_after_later_inputs_is_not_early_enough",
    ),
    Mistake(
        "change a rule under its old version",
        "an alert names the rule that judged",
        "rules/revision.py",
        "and one.after <= one.before\n",
        "and one.after < one.before\n",
        "tests/rules/test_revision.py::test_a_changed_rule_has_a_higher_version[kept]",
    ),
    Mistake(
        "let an alert go back in time",
        "an id means one alert",
        "rules/machine.py",
        "    live.told_us = max(at_us, live.told_us)\n",
        "    live.told_us = at_us\n",
        "tests/rules/oracle/test_oracle.py",
    ),
    Mistake(
        "judge the datastreams of another partition",
        "one open alert, versions without gaps",
        "rules/state.py",
        "        judges=[one & mine for one in rule_set.watched],\n",
        "        judges=list(rule_set.watched),\n",
        "tests/rules/test_engine.py::test_a_partition_judges_only_its_own_datastreams",
    ),
    Mistake(
        "look at a row only when its value leaves its bounds",
        "delays end when they are over",
        "rules/at_readings.py",
        "    odd |= time_us >= own[:, bounds.DUE]\n",
        "",
        "tests/rules/test_engine.py::test_a_slow_road_is_raised_after_two_minutes",
    ),
    Mistake(
        "keep the engine's inputs without what people told it",
        "alerts equal a replay over what was kept",
        "streams/stretch.py",
        "            one = _judged(rule_set, step, state, outcome.state, [*told, *read], is_due=is_due)\n",
        "            one = _judged(rule_set, step, state, outcome.state, list(read), is_due=is_due)\n",
        "tests/ioc/test_replay.py::test_the_same_inputs_tell_the_same_alerts_to_the_byte",
    ),
    Mistake(
        "forget in a replay what a change of rules ends",
        "alerts equal a replay over what was kept",
        "rules/replaying.py",
        "        return [*told, *owed, *checkpoint.withdrawals(rule_set, before, mine)]\n",
        "        return [*told, *owed]\n",
        "tests/rules/test_replaying.py::test_what_is_kept_tells_the_same_again",
    ),
    Mistake(
        "count a drill's alerts as real",
        "a drill dispatches nobody",
        "ioc_dashboard/board.py",
        "        rows = order(row for row in told if not row.drill)\n",
        "        rows = order(told)\n",
        "tests/wall/test_board.py::"
        "test_a_drill_is_listed_after_all_that_is_real_and_counts_nowhere",
    ),
    Mistake(
        "store readings without a note of their minutes",
        "roll-ups say what the readings say",
        "storage/commit.py",
        "            await rollups.note(connection, stretch.batch)\n",
        "",
        "tests/storage/test_rollups.py",
    ),
    Mistake(
        "make a minute anew and leave its hour as it was",
        "roll-ups say what the readings say",
        "storage/rollup_steps.py",
        "                await mark(connection, above, above.cover(chosen))\n",
        "                pass\n",
        "tests/storage/test_rollups.py::test_a_direction_has_the_mean_of_its_vectors",
    ),
    Mistake(
        "look at a case without holding it",
        "of many commands on a case one wins",
        "storage/case_lists.py",
        '"id = %(id)s FOR UPDATE"',
        '"id = %(id)s"',
        "tests/storage/test_cases.py::"
        "test_of_a_hundred_at_once_one_wins_and_all_others_are_told_who",
    ),
    Mistake(
        "give a case's number to a report that begins nothing",
        "a refusal leaves nothing behind",
        "storage/cases.py",
        "            raise Rollback(transaction)\n",
        "            pass\n",
        "tests/storage/test_cases.py::test_a_refusal_leaves_nothing_behind",
    ),
    Mistake(
        "forget what a limit had run before its pause",
        "limits of cases run in working time",
        "dispatch/cases/limits.py",
        "        left_us -= counted_us(from_us, to_us, hours)\n",
        "        pass\n",
        "tests/dispatch/test_case_limits.py::test_limit_equals_a_count_of_minutes",
    ),
    Mistake(
        "let whoever dispatches close a case",
        "roles in a case are separated",
        "dispatch/cases/steps.py",
        "        Step(_SUPERVISION, _at(Stage.VERIFICATION), EventKind.CLOSED,\n",
        "        Step(_SUPERVISION | _COMMAND, _at(Stage.VERIFICATION), EventKind.CLOSED,\n",
        "tests/dispatch/test_case_machine.py::test_of_all_commands_just_these_can_be_given",
    ),
    Mistake(
        "send a crew that another one is just sending",
        "one crew is sent to one incident",
        "storage/crews.py",
        '    await connection.execute("SELECT FROM crew_state WHERE crew = %s FOR UPDATE", (crew,))\n',
        "",
        "tests/storage/test_crews.py::"
        "test_of_a_hundred_dispatches_at_once_one_wins_and_the_others_are_told_who",
    ),
    Mistake(
        "decide on incidents without waiting for another decision",
        "an alert is in one open incident",
        "storage/incidents.py",
        '    await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))\n',
        "",
        "tests/storage/test_incidents.py::test_several_who_collect_at_once_make_each_incident_once",
    ),
    Mistake(
        "forget which steps of a chain were told",
        "each step of a chain is told once",
        "dispatch/crews/escalation.py",
        "        if number >= one.told and one.assigned_us + step.after_us <= at_us\n",
        "        if one.assigned_us + step.after_us <= at_us\n",
        "tests/dispatch/test_escalation.py::test_steps_fall_due[told_already]",
    ),
    Mistake(
        "do an item of a plan without holding its run",
        "of many who do an item one wins",
        "storage/plans.py",
        '    lock = sql.SQL(" FOR UPDATE OF plan_run" if hold else "")\n',
        '    lock = sql.SQL("")\n',
        "tests/storage/test_plans.py::"
        "test_of_many_who_do_the_same_item_one_wins_and_the_others_are_told_who",
    ),
    Mistake(
        "tell what is overdue without holding it",
        "an overdue item is told once",
        "storage/plans.py",
        '            "ORDER BY run, number FOR UPDATE OF plan_item"\n',
        '            "ORDER BY run, number"\n',
        "tests/storage/test_plans.py::test_many_who_tell_at_once_tell_each_item_once",
    ),
    Mistake(
        "forget which items were told",
        "an overdue item is told once",
        "dispatch/plans/overdue.py",
        "    return one.state is ItemState.OPEN and not one.is_told\n",
        "    return one.state is ItemState.OPEN\n",
        "tests/dispatch/test_overdue.py::"
        "test_each_item_is_told_exactly_once_however_often_one_asks",
    ),
    Mistake(
        "start a plan again in its incident",
        "a plan starts once in an incident",
        "dispatch/plans/machine.py",
        '    if standing is not None:\n        return Refusal(\n            "already",\n',
        "    if standing is not None and standing.started_us == command.at_us:\n"
        '        return Refusal(\n            "already",\n',
        "tests/dispatch/test_plan_machine.py::test_a_plan_is_started_once_in_an_incident",
    ),
    Mistake(
        "tell a drill as real",
        "a drill is told as an exercise",
        "dispatch/cap_told.py",
        "    if told.is_drill:\n        return Status.EXERCISE\n",
        "",
        "tests/dispatch/test_cap_told.py::test_a_drill_is_an_exercise_and_says_so_to_people_too",
    ),
    Mistake(
        "write east before north",
        "what others are told is CAP 1.2",
        "dispatch/cap.py",
        '    return f"{lat},{lon}"\n',
        '    return f"{lon},{lat}"\n',
        "tests/dispatch/test_cap.py::"
        "test_points_are_north_then_east_and_a_ring_ends_where_it_began",
    ),
    Mistake(
        "sign whatever P1 is waiting",
        "nobody hands over an alert that nobody took",
        "storage/handovers.py",
        "            waiting = tuple(await unacknowledged_p1(connection))\n",
        "            waiting = ()\n",
        "tests/storage/test_handovers.py::"
        "test_a_p1_that_nobody_acknowledged_blocks_signatures_until_somebody_does",
    ),
    Mistake(
        "let somebody take over from themselves",
        "two people stand for a handover",
        "dispatch/handover/machine.py",
        "    elif _same(first.by, by):\n",
        "    elif first.by is by:\n",
        "tests/dispatch/test_handover.py::test_nobody_takes_over_from_themselves[ ann]",
    ),
    Mistake(
        "decide on a handover without waiting for another decision",
        "of many one wins",
        "storage/handovers.py",
        '        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))\n',
        "",
        "tests/storage/test_handovers.py::"
        "test_of_many_at_once_one_wins_and_the_others_are_told_who",
    ),
    Mistake(
        "leave out what does not fit into a line",
        "no text of a document is cut",
        "documents/lines.py",
        "                found.append(line[:at])\n                line = line[at:]\n",
        "                line = line[:at]\n",
        "tests/documents/test_lines.py::"
        "test_lines_end_where_people_would_end_them[a-long-id-is-cut]",
    ),
)
