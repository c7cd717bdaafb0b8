// What follows from a look for what is known, how a message is signed and when it is tried again.
#include "services/admin/alerts/alert_findings.h"

#include <gtest/gtest.h>

#include "services/admin/alerts/alert_delivery.h"
#include "services/admin/alerts/alert_watch.h"

namespace weir::admin {
namespace {

constexpr AlertEvent kAtOnce = {.name = "something"};
constexpr AlertEvent kLater = {.name = "something", .grace_ms = 60'000};

AlertFindings Wrong(const std::string& subject) {
  return {.wrong = {{subject, "Something is wrong."}}, .over_before_ms = kAllThereIs};
}
const AlertFindings kNothing = {.over_before_ms = kAllThereIs};

TEST(PlanAlertsTest, WhatIsNewIsToldOnce) {
  const AlertPlan first = PlanAlerts(kAtOnce, {}, Wrong("a"), 1000);
  ASSERT_EQ(first.messages.size(), 1u);
  EXPECT_EQ(first.messages[0].state, AlertState::kRaised);
  EXPECT_EQ(first.messages[0].event, "something");
  EXPECT_EQ(first.messages[0].text, "Something is wrong.");
  ASSERT_EQ(first.put.size(), 1u);
  EXPECT_TRUE(first.put[0].told);
  EXPECT_TRUE(PlanAlerts(kAtOnce, first.put, Wrong("a"), 2000).empty());
  const AlertPlan later = PlanAlerts(kAtOnce, first.put, Wrong("a"), 1000 + 40'000);
  EXPECT_TRUE(later.messages.empty());
  ASSERT_EQ(later.put.size(), 1u) << "that it was seen again is written down now and then";
  EXPECT_EQ(later.put[0].seen_ms, 41'000);
  EXPECT_EQ(later.put[0].since_ms, 1000);
}

TEST(PlanAlertsTest, WhatIsOverIsToldOnceToo) {
  const AlertPlan raised = PlanAlerts(kAtOnce, {}, Wrong("a"), 1000);
  const AlertPlan over = PlanAlerts(kAtOnce, raised.put, kNothing, 2000);
  ASSERT_EQ(over.messages.size(), 1u);
  EXPECT_EQ(over.messages[0].state, AlertState::kResolved);
  EXPECT_EQ(over.messages[0].text, "Over: Something is wrong.");
  EXPECT_EQ(over.remove, raised.put);
  EXPECT_TRUE(PlanAlerts(kAtOnce, {}, kNothing, 3000).empty());
}

TEST(PlanAlertsTest, WhatPassesWithinItsGraceIsNotTold) {
  const AlertPlan seen = PlanAlerts(kLater, {}, Wrong("a"), 1000);
  EXPECT_TRUE(seen.messages.empty());
  ASSERT_EQ(seen.put.size(), 1u);
  const AlertPlan over = PlanAlerts(kLater, seen.put, kNothing, 2000);
  EXPECT_TRUE(over.messages.empty());
  EXPECT_EQ(over.remove.size(), 1u);
  const AlertPlan lasting = PlanAlerts(kLater, seen.put, Wrong("a"), 61'000);
  ASSERT_EQ(lasting.messages.size(), 1u);
  EXPECT_TRUE(lasting.put.at(0).told);
  EXPECT_TRUE(PlanAlerts(kLater, lasting.put, Wrong("a"), 62'000).messages.empty());
}

TEST(PlanAlertsTest, OfWhatNobodyLookedAtNothingIsSaid) {
  const AlertPlan raised = PlanAlerts(kAtOnce, {}, Wrong("a"), 1000);
  EXPECT_TRUE(PlanAlerts(kAtOnce, raised.put, AlertFindings(), 2000).empty());
  EXPECT_TRUE(PlanAlerts(kAtOnce, raised.put, {.well = {"b"}}, 2000).empty());
  EXPECT_EQ(PlanAlerts(kAtOnce, raised.put, {.well = {"a"}}, 2000).remove.size(), 1u);
  EXPECT_TRUE(PlanAlerts(kAtOnce, raised.put, {.over_before_ms = 1000}, 2000).empty());
  EXPECT_EQ(PlanAlerts(kAtOnce, raised.put, {.over_before_ms = 1001}, 2000).remove.size(), 1u);
}

TEST(PlanAlertsTest, SoManyAtOnceAndNoMore) {
  constexpr AlertEvent kTwo = {.name = "something", .conditions_max = 2};
  AlertFindings findings = Wrong("a");
  for (const char* more : {"b", "c", "d"}) findings.wrong[more] = "Wrong.";
  const AlertPlan plan = PlanAlerts(kTwo, {}, findings, 1000);
  EXPECT_EQ(plan.messages.size(), 2u);
  EXPECT_TRUE(PlanAlerts(kTwo, plan.put, findings, 2000).empty()) << "and they stay the same";
  findings.wrong.erase("a");
  const AlertPlan next = PlanAlerts(kTwo, plan.put, findings, 3000);
  ASSERT_EQ(next.messages.size(), 2u);
  EXPECT_EQ(next.messages[0].subject, "a");
  EXPECT_EQ(next.messages[1].subject, "c");
}

TEST(AlertFindingsTest, ARelayRefusesAndOneThatIsGoneIsLeftAlone) {
  RelayState refuses;
  refuses.id = "one";
  refuses.connected = true;
  refuses.nacked_revision = 7;
  refuses.nack_reason = "models: sk-secret is no model";
  RelayState well = refuses;
  well.id = "two";
  well.nacked_revision = 0;
  RelayState away = refuses;
  away.id = "three";
  away.connected = false;
  const AlertFindings found = RefusingRelays({refuses, well, away}, 10'000'000);
  ASSERT_EQ(found.wrong.size(), 1u);
  EXPECT_NE(found.wrong.at("relay/one").find("revision 7"), std::string::npos);
  EXPECT_EQ(found.wrong.at("relay/one").find("sk-secret"), std::string::npos);
  EXPECT_EQ(found.well, std::set<std::string>{"relay/two"});
  EXPECT_LT(found.over_before_ms, 10'000'000);
}

TEST(AlertFindingsTest, TheLedgerIsBehindOrAway) {
  EXPECT_TRUE(LateLedger(LedgerIngest()).wrong.empty());
  LedgerIngest late;
  late.events_waiting = 9;
  late.oldest_waiting_ms = 60'000;
  EXPECT_TRUE(LateLedger(late).wrong.empty());
  late.oldest_waiting_ms = 61'000;
  EXPECT_NE(LateLedger(late).wrong.at("ledger").find("9 requests"), std::string::npos);
  LedgerIngest failing;
  failing.failing_since_ms = 1'767'225'600'000;
  failing.last_error = "connection to postgresql://user:password@host failed";
  const std::string text = LateLedger(failing).wrong.at("ledger");
  EXPECT_NE(text.find("2026-01-01T00:00:00Z"), std::string::npos) << text;
  EXPECT_EQ(text.find("password"), std::string::npos) << text;
  EXPECT_EQ(LateLedger(absl::UnavailableError("away")).wrong.size(), 1u);
}

TEST(AlertFindingsTest, NamesAreFitForChats) {
  EXPECT_EQ(PlainName("gpt-4o:free"), "gpt-4o:free");
  EXPECT_EQ(PlainName("<!channel>\n@all&\x01"), "?!channel???all??");
  EXPECT_EQ(PlainName(std::string(500, 'a')).size(), 128u);
  EXPECT_EQ(PlainName("\xff"), "?");
}

TEST(AlertDeliveryTest, TheSignatureIsHmacSha256OfTimeAndBody) {
  // printf '1700000000.{"id":1}' | openssl dgst -sha256 -hmac 0123456789abcdef
  EXPECT_EQ(SignAlert(Secret("0123456789abcdef"), 1'700'000'000, R"({"id":1})"),
            "4bcaced68dfea90a68df035b89cb7fb26692d899d32a1ccb1b0616cf48e4d1ed");
}

TEST(AlertDeliveryTest, TheBodyIsJsonWhateverTheTextHolds) {
  AlertMessage message;
  message.id = 7;
  message.event = "account_lost";
  message.subject = "account/1";
  message.text = "The account \"x\\y\"\n is out.";
  EXPECT_EQ(
      AlertBody(message, "Ours"),
      R"({"id":7,"event":"account_lost","state":"raised","subject":"account/1",)"
      R"("text":"The account \"x\\y\"\n is out.","site":"Ours","at":"1970-01-01T00:00:00Z"})");
}

TEST(AlertDeliveryTest, TriesAreDoublyFarApartUpToAnHourAndEnd) {
  EXPECT_EQ(NextTryMs(1, 1000), 11'000);
  EXPECT_EQ(NextTryMs(2, 1000), 21'000);
  EXPECT_EQ(NextTryMs(3, 1000), 41'000);
  EXPECT_EQ(NextTryMs(19, 1000), 3'601'000);
  EXPECT_EQ(NextTryMs(20, 1000), 0);
}

}  // namespace
}  // namespace weir::admin
