"""The model's arithmetic, by figures that can be checked in the head."""

import pytest
import scale_model as model

COSTS = model.Costs(
    relay_us_per_request=100, relay_us_per_event=10, relay_kib_per_stream=10,
    usage_us_per_request=50, postgres_us_per_request=100, redis_us_per_request=20,
    redis_commands_per_request=2, ledger_bytes_per_request=1024, wal_bytes_per_request=2048,
    usage_us_per_relay_s=1000, postgres_us_per_relay_s=2000, redis_us_per_relay_s=100,
    admin_us_per_relay_s=500)
LIMITS = model.Limits(ledger_rows_per_s=10_000, lease_rounds_per_s=500, change_ms_per_relay=1)
TRAFFIC = model.Traffic(requests_per_s=1000, events_per_request=90, stream_s=10, mean_share=0.5)


def test_each_need_is_the_traffic_times_its_cost():
    need = model.needs(TRAFFIC, COSTS, cores_per_relay=4)
    assert need["relay_cores"] == 1.0  # 1,000 × (100 + 90 × 10) µs
    assert need["streams"] == 10_000
    assert need["relay_gib"] == 10_000 * 10 / 2**20
    assert need["redis_commands_per_s"] == 2000
    assert need["requests_per_day"] == 43_200_000
    assert need["ledger_gib_per_day"] == 43_200_000 / 2**20
    assert need["wal_mib_per_s"] == 2_048_000 / 2**20


def test_services_pay_for_requests_and_for_relays():
    need = model.needs(TRAFFIC, COSTS, cores_per_relay=4)
    assert need["relays"] == 2  # one does it at half its load, and one may be away
    assert need["usage_cores"] == pytest.approx(0.05 + 0.002)
    assert need["postgres_cores"] == pytest.approx(0.1 + 0.004)
    assert need["admin_cores"] == pytest.approx(0.001)


def test_nginx_pays_for_events_and_for_connections():
    need = model.needs(TRAFFIC, COSTS, cores_per_relay=4)
    assert need["nginx_cores"] == pytest.approx((1000 * 21.9 + 90_000 * 18.6) / 1e6)
    assert need["nginxes"] == 2
    held = model.needs(model.Traffic(requests_per_s=1000, events_per_request=1, stream_s=60), COSTS, cores_per_relay=4)
    assert held["nginxes"] == 5, "60,000 streams, of which two times 8,192 are half of what four workers hold"


def test_relays_have_room_for_a_lost_one():
    need = model.needs(TRAFFIC.times(10), COSTS, cores_per_relay=4)
    assert need["relays"] == 6  # ten cores at half of four each are five, and a spare


def test_what_is_fullest_breaks_first():
    need = model.needs(TRAFFIC, COSTS, cores_per_relay=4)
    assert model.first_to_break(need, LIMITS) == ("one PostgreSQL's intake", 0.1)
    slower = model.Limits(ledger_rows_per_s=10_000, lease_rounds_per_s=2, change_ms_per_relay=1)
    assert model.first_to_break(need, slower) == ("one budget that all share", 1.0)
