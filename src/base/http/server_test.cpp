// The server with HTTP/1.1, as its clients see it.
#include "base/core/allocations_testing.h"
#include "base/http/server_testing.h"

#include <sys/resource.h>
#include <sys/un.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace mote::http {
namespace {

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  start();
  Client client(port);
  const std::string first = ask(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "hello");
  EXPECT_TRUE(first.starts_with("HTTP/1.1 200 OK\r\ndate: ")) << first;
  EXPECT_EQ(undated(first), "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
  EXPECT_EQ(undated(ask(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "hello")),
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
  EXPECT_EQ(server->counts().connections, 1u);
  EXPECT_EQ(server->counts().requests, 2u);
  EXPECT_EQ(server->counts().exchanges, 0u);
  EXPECT_TRUE(ask(client, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "").find("connection: close\r\n") !=
              std::string::npos);
  EXPECT_TRUE(until([&] { return server->counts().connections == 0; }));
}

TEST_F(ServerTest, TellsTheHandlerWhatWasAsked) {
  start();
  std::string seen;
  handler.call = [&](Exchange& exchange) {
    const RequestHead& head = exchange.head();
    seen = std::string(name(head.version)) + "|" + std::string(head.method) + "|" + std::string(head.target) + "|" +
           std::string(head.path) + "|" + std::string(head.query) + "|" + std::string(head.authority);
    for (const Header& header : head.headers) seen += "|" + std::string(header.name) + "=" + std::string(header.value);
    EXPECT_TRUE(head.peer.starts_with("127.0.0.1:"));
    EXPECT_FALSE(head.is_tls);
    EXPECT_EQ(head.find("nothing"), nullptr);
    (void)exchange.answer(204, {}, {});
  };
  EXPECT_EQ(undated(ask_once("GET /a%20b/c?d=e?f HTTP/1.0\r\nHost:  h:80 \r\nX-One: 1, 2\t3\r\n\r\n")),
            "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
  EXPECT_EQ(seen, "HTTP/1.0|GET|/a%20b/c?d=e?f|/a%20b/c|d=e?f|h:80|Host=h:80|X-One=1, 2\t3");
  (void)ask_once("OPTIONS http://other:1/x?y HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
  EXPECT_EQ(seen, "HTTP/1.1|OPTIONS|/x?y|/x|y|other:1|host=h|connection=close");
  (void)ask_once("OPTIONS * HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
  EXPECT_EQ(seen, "HTTP/1.1|OPTIONS|*|*||h|host=h|connection=close");
}

TEST_F(ServerTest, ReadsBodiesHoweverTheyWereCut) {
  start();
  handler.call = answer_with_request;
  const std::string requests =
      "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
      "\r\n"
      "POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0A\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"
      "PUT /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
      "GET /4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  const std::string expected =
      "HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\nPOST /1 [hello]"
      "HTTP/1.1 200 OK\r\ncontent-length: 23\r\n\r\nPOST /2 [abc0123456789]"
      "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nPUT /3 []"
      "HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\nGET /4 []";
  for (const size_t piece_size : {size_t(1), size_t(2), size_t(7), requests.size()}) {
    Client client(port);
    EXPECT_EQ(undated(ask(client, requests, "", piece_size)), expected) << piece_size;
  }
}

TEST_F(ServerTest, AnswersLaterAndInOrder) {
  start();
  std::vector<Exchange*> waiting;
  handler.call = [&](Exchange& exchange) { waiting.push_back(&exchange); };
  Client client(port);
  client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(until([&] { return waiting.size() == 1; }));
  settle();
  ASSERT_EQ(waiting.size(), 1u);  // the second waits for the first
  EXPECT_EQ(waiting[0]->head().path, "/1");
  (void)waiting[0]->answer(200, {}, bytes("one"));
  ASSERT_TRUE(until([&] { return waiting.size() == 2; }));
  EXPECT_EQ(waiting[1]->head().path, "/2");
  (void)waiting[1]->answer(200, {}, bytes("two"));
  EXPECT_TRUE(ask(client, "", "two").find("one") != std::string::npos);
}

TEST_F(ServerTest, WhoSendsManyRequestsAtOnceLetsOthersHaveTheirTurn) {
  start();
  int many = 0, others = 0, many_when_other = 0;
  handler.call = [&](Exchange& exchange) {
    if (exchange.head().path == "/many") {
      ++many;
    } else {
      ++others;
      many_when_other = many;
    }
    (void)exchange.answer(200, {}, bytes("x"));
  };
  Client client(port), other(port);
  ASSERT_TRUE(until([&] { return server->counts().connections == 2; }));
  constexpr int count = 2000;
  std::string requests;
  for (int i = 0; i < count; ++i) requests += "GET /many HTTP/1.1\r\nHost: a\r\n\r\n";
  std::string_view left = requests;
  left.remove_prefix(client.send(left));
  other.send("GET /other HTTP/1.1\r\nHost: a\r\n\r\n");
  size_t received = 0;
  ASSERT_TRUE(until([&] {
    if (!left.empty()) left.remove_prefix(client.send(left));
    client.receive();
    received += client.received.size();
    client.received.clear();
    return many == count;
  }));
  EXPECT_EQ(others, 1);
  EXPECT_LT(many_when_other, 200);
}

TEST_F(ServerTest, StreamsAnswersInChunks) {
  start();
  handler.call = [](Exchange& exchange) {
    const Header headers[] = {{"Content-Type", "text/plain"}};
    EXPECT_TRUE(exchange.begin_answer(200, headers).has_value());
    EXPECT_EQ(exchange.write(bytes("hello ")), 6u);
    EXPECT_EQ(exchange.write(bytes("world of chunks")), 15u);
    exchange.end_answer();
  };
  Client client(port);
  EXPECT_EQ(undated(ask(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "0\r\n\r\n")),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n6\r\nhello \r\nf\r\nworld of "
            "chunks\r\n0\r\n\r\n");
  // To HTTP/1.0, the end of the connection is the end of the answer.
  EXPECT_EQ(undated(ask(client, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "")),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nconnection: close\r\n\r\nhello world of chunks");
  // And to HEAD there is nothing but the head.
  EXPECT_EQ(undated(ask_once("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n");
}

TEST_F(ServerTest, AnAnswerOfAToldLengthIsHeldToIt) {
  start();
  std::string body;
  handler.call = [&](Exchange& exchange) {
    EXPECT_TRUE(exchange.begin_answer(200, {}, 5).has_value());
    (void)exchange.write(bytes(body));
    exchange.end_answer();
  };
  body = "hello";
  Client client(port);
  EXPECT_EQ(undated(ask(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "hello")),
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
  for (const char* const wrong : {"hell", "hello!"}) {
    body = wrong;
    Client other(port);
    const std::string answer = ask(other, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "");
    EXPECT_TRUE(answer.find("hello!") == std::string::npos);
    EXPECT_TRUE(other.has_ended);  // so that the client sees that something is wrong
  }
}

TEST_F(ServerTest, KnowsHeadAndOldVersions) {
  start();
  Client client(port);
  EXPECT_EQ(undated(ask(client, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n\r\n")), "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
  EXPECT_EQ(undated(ask(client, "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "hello")),
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: keep-alive\r\n\r\nhello");
  EXPECT_EQ(undated(ask(client, "GET / HTTP/1.0\r\n\r\n", "")),
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello");
}

TEST_F(ServerTest, AHandlersHeadersAreLookedAt) {
  start();
  std::string refused;
  handler.call = [&](Exchange& exchange) {
    const Header bad_value[] = {{"x", "a\r\nset-cookie: b"}}, bad_name[] = {{"a b", "c"}};
    for (const Result<void>& result : {exchange.answer(200, bad_value, {}), exchange.answer(200, bad_name, {}),
                                       exchange.answer(99, {}, {}), exchange.begin_answer(600, {})}) {
      if (!result) refused += result.error().message + "\n";
    }
    const Header ours[] = {{"Content-Length", "999"}, {"Connection", "x"}, {"transfer-encoding", "chunked"},
                           {"Keep-Alive", "1"},       {"DATE", "never"},   {"Upgrade", "x"},
                           {"TE", "trailers"},        {"Trailer", "x"},    {"X-Mine", "é"}};
    (void)exchange.answer(404, ours, bytes("no"));
  };
  Client client(port);
  EXPECT_EQ(undated(ask(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "no")),
            "HTTP/1.1 404 Not Found\r\nX-Mine: é\r\ncontent-length: 2\r\n\r\nno");
  EXPECT_EQ(refused,
            "header x: its value holds an end of line or another control character\n"
            "header \"a b\": its name is none: letters, digits and -_ are allowed\n"
            "status 99: an answer's is one of 200 to 599\nstatus 600: an answer's is one of 200 to 599\n");
}

TEST_F(ServerTest, ExpectWaitsForTheHandler) {
  start();
  handler.call = answer_with_request;
  Client client(port);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(ask(client, "", "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_TRUE(ask(client, "hello", "]").ends_with("POST / [hello]"));
  // A handler that does not want the body spares the client the trouble.
  handler.call = [](Exchange& exchange) { (void)exchange.answer(403, {}, {}); };
  EXPECT_EQ(undated(ask(client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n\r\n", "")),
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
}

TEST_F(ServerTest, ABodyAboveTheMostIsRefused) {
  start();
  std::vector<ErrorKind> kinds;
  handler.call = [&](Exchange& exchange) {
    exchange.read_body(10, [&](Result<Bytes> body) {
      if (!body) return kinds.push_back(body.error().kind);
      (void)exchange.answer(200, {}, bytes("fine"));
    });
  };
  EXPECT_TRUE(
      ask_once("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nConnection: close\r\n\r\n0123456789").ends_with("fine"));
  const auto answer = undated(ask_once("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 Content Too Large\r\n")) << answer;
  EXPECT_EQ(undated(ask_once("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n")), answer);
  EXPECT_EQ(kinds, (std::vector{ErrorKind::limit, ErrorKind::limit}));
  // Its handler may say it in its own words.
  handler.call = [](Exchange& exchange) {
    exchange.read_body(10, [&](Result<Bytes>) { (void)exchange.answer(400, {}, bytes("mine")); });
  };
  EXPECT_TRUE(ask_once("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n").ends_with("mine"));
}

TEST_F(ServerTest, ABodyNobodyReadIsReadOverWhenItIsShort) {
  start({.unread_size = 1000});
  Client client(port);
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n";
  (void)ask(client, head + std::string(1000, 'x'), "hello");
  EXPECT_TRUE(ask(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "hello").starts_with("HTTP/1.1 200"));
  EXPECT_FALSE(client.has_ended);
  // A longer one ends the connection, but not before the client could read what it was told.
  EXPECT_EQ(undated(ask(client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'x'), "")),
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello");
}

TEST_F(ServerTest, ASlowReaderHoldsTheHandlerAndNotTheMemory) {
  start({.output_size = 64 << 10});
  constexpr size_t total = 32 << 20;
  size_t written = 0, most_at_once = 0;
  const std::string piece(48 << 10, 'x');
  Exchange* current = nullptr;
  std::function<void()> go_on = [&] {
    size_t at_once = 0;
    while (written < total) {
      const uint64_t taken = current->write(bytes(std::string_view(piece).substr(0, total - written)));
      written += taken;
      at_once += taken;
      if (taken == 0) break;
    }
    most_at_once = std::max(most_at_once, at_once);
    if (written == total) return current->end_answer();
    current->on_room([&] { go_on(); });
  };
  handler.call = [&](Exchange& exchange) {
    current = &exchange;
    ASSERT_TRUE(exchange.begin_answer(200, {}, total).has_value());
    go_on();
  };
  Client client(port, 32 << 10);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(until([&] { return written > 0; }));
  settle();
  EXPECT_LT(written, total / 2);  // what the kernel takes, and our 64 KiB
  size_t received = 0;
  ASSERT_TRUE(until([&] {
    client.receive();
    received += client.received.size();
    client.received.clear();
    return received >= total;
  }));
  EXPECT_EQ(written, total);
  EXPECT_LE(most_at_once, 64u << 10);
}

TEST_F(ServerTest, ASlowHandlerHoldsTheClient) {
  start();
  Exchange* current = nullptr;
  handler.call = [&](Exchange& exchange) { current = &exchange; };
  Client client(port);
  constexpr size_t total = 64 << 20;
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(total) + "\r\n\r\n");
  const std::string piece(256 << 10, 'x');
  size_t sent = 0;
  ASSERT_TRUE(until([&] { return current != nullptr; }));
  for (int i = 0; i < 400; ++i) {
    sent += client.send(piece);
    loop->poll();
  }
  EXPECT_LT(sent, total / 2);  // nobody reads
  size_t read = 0;
  bool has_ended = false;
  std::function<void()> go_on = [&] {
    current->read_some([&](Result<Bytes> got) {
      ASSERT_TRUE(got.has_value());
      read += got->size();
      if (!got->empty()) return go_on();
      has_ended = true;
      (void)current->answer(200, {}, bytes("thanks"));
    });
  };
  go_on();
  ASSERT_TRUE(until([&] {
    if (sent < total) sent += client.send(std::string_view(piece).substr(0, std::min(piece.size(), total - sent)));
    return has_ended;
  }));
  EXPECT_EQ(read, total);
  EXPECT_TRUE(ask(client, "", "thanks").find("200 OK") != std::string::npos);
}

TEST_F(ServerTest, SlowClientsAreNotWaitedFor) {
  start({.head_time_ms = 80, .body_time_ms = 80, .idle_time_ms = 80});
  handler.call = answer_with_request;
  Client head(port), body(port), idle(port), nothing(port), trickle(port);
  head.send("GET / HTTP/1.1\r\nHo");
  body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
  trickle.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
  (void)ask(idle, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "]");
  int ticks = 0;
  EXPECT_TRUE(until([&] {
    if (++ticks % 100 == 0) trickle.send("x");  // a byte now and then is no body
    for (Client* one : {&head, &body, &idle, &nothing, &trickle}) one->receive();
    return head.has_ended && body.has_ended && idle.has_ended && nothing.has_ended && trickle.has_ended;
  }));
  EXPECT_TRUE(head.received.starts_with("HTTP/1.1 408 Request Timeout\r\n")) << head.received;
  EXPECT_TRUE(body.received.starts_with("HTTP/1.1 408 Request Timeout\r\n")) << body.received;
  EXPECT_TRUE(trickle.received.starts_with("HTTP/1.1 408 Request Timeout\r\n")) << trickle.received;
  EXPECT_EQ(idle.received, "");
  EXPECT_EQ(nothing.received, "");
  EXPECT_EQ(server->counts().timed_out, 5u);
}

TEST_F(ServerTest, WhoIsAtWorkIsNotIdle) {
  start({.head_time_ms = 400, .idle_time_ms = 400});
  Client whole(port), halves(port);
  const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n", half = request.substr(0, 20), rest = request.substr(20);
  halves.send(half);
  for (int i = 0; i < 10; ++i) {
    (void)ask(whole, request, "hello");
    (void)ask(halves, rest + half, "hello");  // there is always a head that is not whole
    const uint64_t end_ns = os::now_ns(os::Clock::monotonic) + 80'000'000;
    while (os::now_ns(os::Clock::monotonic) < end_ns) loop->poll();
  }
  EXPECT_FALSE(whole.has_ended || halves.has_ended);
  EXPECT_EQ(server->counts().timed_out, 0u);
}

TEST_F(ServerTest, AReaderThatDoesNotReadIsLeft) {
  start({.write_time_ms = 80});
  handler.call = [](Exchange& exchange) { (void)exchange.answer(200, {}, bytes(std::string(32 << 20, 'x'))); };
  Client client(port, 32 << 10);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(until([&] { return server->counts().timed_out == 1; }));
  EXPECT_TRUE(until([&] { return server->counts().connections == 0; }));
}

TEST_F(ServerTest, AHandlerLearnsThatItsClientIsGone) {
  start();
  Exchange* current = nullptr;
  int told = 0;
  handler.call = [&](Exchange& exchange) {
    current = &exchange;
    exchange.on_gone([&] { ++told; });
  };
  Client client(port);
  client.send("GET /path HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(until([&] { return current != nullptr; }));
  client.reset();
  ASSERT_TRUE(until([&] { return told == 1; }));
  EXPECT_EQ(server->counts().connections, 1u);  // the exchange is lent still
  EXPECT_EQ(server->counts().gone, 1u);
  EXPECT_EQ(current->head().path, "/path");
  EXPECT_TRUE(current->begin_answer(200, {}).has_value());
  EXPECT_EQ(current->write(bytes("nobody reads this")), 17u);
  bool has_room = false;
  current->on_room([&] { has_room = true; });
  ASSERT_TRUE(until([&] { return has_room; }));
  current->end_answer();
  EXPECT_TRUE(until([&] { return server->counts().connections == 0; }));
  EXPECT_EQ(server->counts().exchanges, 0u);
}

TEST_F(ServerTest, AClientThatIsGoneEndsAReadAndTheExchange) {
  start();
  std::string told;
  handler.call = [&](Exchange& exchange) { exchange.read_body(100, [&](Result<Bytes> body) { told = body.error().message; }); };
  Client client(port);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx");
  ASSERT_TRUE(until([&] { return server->counts().exchanges == 1; }));
  client.reset();
  ASSERT_TRUE(until([&] { return server->counts().connections == 0; }));
  EXPECT_EQ(told, "the client went away");
}

TEST_F(ServerTest, AClientThatOnlyStoppedSendingIsAnswered) {
  start();
  handler.call = answer_with_request;
  Client client(port);
  client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  client.stop_sending();
  const std::string answers = ask(client, "", "");
  EXPECT_TRUE(answers.find("GET /1 []") != std::string::npos && answers.find("GET /2 []") != std::string::npos) << answers;
  Client half(port);
  half.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx");
  half.stop_sending();
  EXPECT_TRUE(ask(half, "", "").starts_with("HTTP/1.1 400 Bad Request\r\n"));
}

TEST_F(ServerTest, AbandonedExchangesBreakTheConnection) {
  start();
  handler.call = [](Exchange& exchange) { exchange.abandon(); };
  EXPECT_EQ(ask_once("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "");
  EXPECT_TRUE(until([&] { return server->counts().connections == 0; }));
  EXPECT_EQ(server->counts().exchanges, 0u);
}

TEST_F(ServerTest, AboveTheMostConnectionsOneIsRefused) {
  start({.connections = 2});
  Client first(port), second(port);
  ASSERT_TRUE(until([&] { return server->counts().connections == 2; }));
  Client third(port);
  EXPECT_TRUE(ask(third, "", "").starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_EQ(server->counts().refused, 1u);
  EXPECT_TRUE(ask(first, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "hello").starts_with("HTTP/1.1 200"));
}

TEST_F(ServerTest, AConnectionHasItsLastRequest) {
  start({.requests = 2});
  Client client(port);
  EXPECT_TRUE(ask(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "hello").find("close") == std::string::npos);
  EXPECT_TRUE(ask(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "").find("connection: close") != std::string::npos);
}

TEST_F(ServerTest, DrainsWithoutLosingWhatGoesOn) {
  start();
  Exchange* current = nullptr;
  handler.call = [&](Exchange& exchange) { current = &exchange; };
  Client busy(port), idle(port);
  busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(until([&] { return current != nullptr && server->counts().connections == 2; }));
  bool has_drained = false;
  server->drain([&] { has_drained = true; });
  EXPECT_EQ(ask(idle, "", ""), "");
  settle();
  EXPECT_FALSE(has_drained);
  (void)current->answer(200, {}, bytes("last"));
  EXPECT_EQ(undated(ask(busy, "", "")), "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nlast");
  EXPECT_TRUE(until([&] { return has_drained; }));
}

TEST_F(ServerTest, SteadyRequestsAllocateNothing) {
  start();
  handler.call = [](Exchange& exchange) {
    exchange.read_body(1000, [&exchange](Result<Bytes> body) {
      const Header headers[] = {{"content-type", "application/json"}};
      if (body) (void)exchange.answer(200, headers, *body);
    });
  };
  Client client(port);
  client.received.reserve(1 << 20);
  const std::string request = "POST /t HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\n{\"temperature\":1}";
  const auto once = [&] {
    client.send(request);
    const size_t before = client.received.size();
    while (client.received.size() == before) {
      loop->poll();
      uint8_t buffer[1024];
      // not receive(): that allocates itself
      if (const auto size = client.receive_into(buffer)) client.received.append(reinterpret_cast<char*>(buffer), size);
    }
  };
  for (int i = 0; i < 10; ++i) once();
  const uint64_t before = allocations;
  for (int i = 0; i < 100; ++i) once();
  EXPECT_EQ(allocations - before, 0u);
}

TEST_F(ServerTest, LimitsHaveLimits) {
  const auto refused = Server::create(*loop, std::move(*os::listen_tcp({.bytes = {127, 0, 0, 1}})), {.headers = 100'000}, handler);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message, "http-headers is 100000: 1 to 10000 headers are possible");
}

// Two threads, each with a loop and a server of its own, on one port: by listeners that share it, and by duplicates of one
// listener.
TEST(Servers, ShareAPortAndNothingElse) {
  for (const bool shares_listener : {false, true}) {
    constexpr int clients_each = 40;
    const os::SocketAddress any = {.bytes = {127, 0, 0, 1}};
    os::File first = std::move(*os::listen_tcp(any, os::Port::shared, os::server_backlog));
    const os::SocketAddress address = *os::socket_info(first.descriptor())->address;
    os::File second = shares_listener ? os::File(dup(first.descriptor())) : std::move(*os::listen_tcp(address, os::Port::shared));
    std::atomic<bool> is_over = false;
    std::atomic<uint64_t> answered = 0;
    const auto serve = [&](os::File listener) {
      auto loop = *io::Loop::create();
      TestHandler handler;
      auto server = *Server::create(*loop, std::move(listener), {}, handler);
      while (!is_over) {
        loop->poll();
        usleep(50);
      }
      answered += server->counts().requests;
    };
    std::thread one(serve, std::move(first)), two(serve, std::move(second));
    for (int i = 0; i < clients_each; ++i) {
      Client client(address.port);
      client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      const uint64_t end_ns = os::now_ns(os::Clock::monotonic) + 5'000'000'000;
      while (!client.has_ended && os::now_ns(os::Clock::monotonic) < end_ns) client.receive();
      EXPECT_TRUE(client.received.ends_with("hello"));
    }
    is_over = true;
    one.join();
    two.join();
    EXPECT_EQ(answered, uint64_t{clients_each});
  }
}

TEST_F(ServerTest, WithoutDescriptorsItWaitsForSome) {
#ifdef MOTE_INSTRUMENTED
  GTEST_SKIP() << "UBSan needs descriptors itself, to find out whether memory can be read";
#endif
  start({.head_time_ms = 400});
  Client first(port), second(port);  // wait to be accepted
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = dup(0);
  ASSERT_GE(next, 0);
  close(next);
  const rlimit none = {static_cast<rlim_t>(next), before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  for (int i = 0; i < 500; ++i) loop->poll();
  const ServerCounts counts = server->counts();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(counts.connections, 0u);
  EXPECT_GE(counts.refused, 1u);
  EXPECT_LE(counts.refused, 10u);  // it did not try again and again
  EXPECT_TRUE(ask(first, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "hello").starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(ask(second, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "hello").starts_with("HTTP/1.1 200"));
}

TEST_F(ServerTest, AListenerMayBeAFile) {
  const std::string folder = *os::make_temporary_folder("mote-http"), path = folder + "/s";
  auto listener = os::listen_local(path);
  ASSERT_TRUE(listener.has_value());
  server = *Server::create(*loop, std::move(*listener), {}, handler);
  std::string peer = "?";
  handler.call = [&](Exchange& exchange) {
    peer = exchange.head().peer;
    (void)exchange.answer(200, {}, bytes("local"));
  };
  const os::File client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = {}};
  std::copy(path.begin(), path.end(), to.sun_path);
  ASSERT_EQ(connect(client.descriptor(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  EXPECT_TRUE(os::send_some(client.descriptor(), bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).has_value());
  uint8_t buffer[1000];
  std::string received;
  ASSERT_TRUE(until([&] {
    const auto size = os::receive_some(client.descriptor(), buffer);
    if (size) received += text({buffer, *size});
    return received.ends_with("local");
  }));
  EXPECT_EQ(peer, "");
  (void)os::remove_folder(folder);
}

}  // namespace
}  // namespace mote::http
