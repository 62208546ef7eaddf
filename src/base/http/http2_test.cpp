// HTTP/2 as a client sees it that is made of nghttp2's other half: many requests on one connection, flow control both ways, limits,
// and floods of what costs more to answer than to send.
#include "base/http/tls_client_testing.h"
#include "base/tls/certificates_testing.h"

#include <nghttp2/nghttp2.h>

#include <map>
#include <utility>
#include <vector>

namespace mote::http {
namespace {

struct Reply {
  std::string status, headers, body;
  bool has_closed = false;
  uint32_t error = 0;
};

class Client2 {
 public:
  Client2(uint16_t port, const tls::Context& context) : tls_(port, context) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_option* option = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_option_new(&option);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size, const uint8_t* value,
                      size_t value_size, uint8_t, void* user) {
          Reply& reply = static_cast<Client2*>(user)->replies[frame->hd.stream_id];
          const std::string key = text({name, name_size}), said = text({value, value_size});
          if (key == ":status") {
            reply.status += said;
          } else if (key != "date") {
            reply.headers += key + "=" + said + ";";
          }
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session* session, uint8_t, int32_t id, const uint8_t* data, size_t size, void* user) {
          auto& self = *static_cast<Client2*>(user);
          self.replies[id].body += text({data, size});
          if (self.reads) nghttp2_session_consume(session, id, size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, [](nghttp2_session*, int32_t id, uint32_t error, void* user) {
      Reply& reply = static_cast<Client2*>(user)->replies[id];
      reply.has_closed = true;
      reply.error = error;
      return 0;
    });
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
      auto& self = *static_cast<Client2*>(user);
      if (frame->hd.type == NGHTTP2_GOAWAY) self.sent_away = static_cast<int>(frame->goaway.error_code);
      return 0;
    });
    nghttp2_session_client_new2(&session_, callbacks, this, option);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
  }
  ~Client2() { nghttp2_session_del(session_); }
  Client2(const Client2&) = delete;
  Client2& operator=(const Client2&) = delete;

  using Pairs = std::vector<std::pair<std::string, std::string>>;
  // With a body that is there, or (none) that comes later or never.
  int32_t request(const Pairs& headers, const std::string* body = nullptr, bool ends = true) {
    std::vector<nghttp2_nv> list;
    for (const auto& [name, value] : headers) {
      list.push_back({reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
                      reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
                      NGHTTP2_NV_FLAG_NONE});
    }
    auto source = std::make_unique<Source>();
    if (body != nullptr) source->body = *body;
    source->ends = ends;
    nghttp2_data_provider provider = {.source = {.ptr = source.get()},
                                      .read_callback = [](nghttp2_session*, int32_t, uint8_t* buffer, size_t size, uint32_t* flags,
                                                          nghttp2_data_source* from, void*) {
                                        auto& one = *static_cast<Source*>(from->ptr);
                                        const size_t taken = std::min(size, one.body.size() - one.sent);
                                        std::copy_n(one.body.data() + one.sent, taken, buffer);
                                        one.sent += taken;
                                        if (one.sent == one.body.size() && one.ends) *flags |= NGHTTP2_DATA_FLAG_EOF;
                                        if (taken == 0 && !one.ends) return static_cast<ssize_t>(NGHTTP2_ERR_DEFERRED);
                                        return static_cast<ssize_t>(taken);
                                      }};
    const bool has_body = body != nullptr || !ends;
    const int32_t id = nghttp2_submit_request(session_, nullptr, list.data(), list.size(), has_body ? &provider : nullptr, nullptr);
    EXPECT_GT(id, 0);
    sent_of[id] = &source->sent;
    source_of_[id] = source.get();
    sources_.push_back(std::move(source));
    return id;
  }
  int32_t get(const std::string& path) {
    return request({{":method", "GET"}, {":scheme", "https"}, {":authority", "a"}, {":path", path}});
  }
  int32_t post(const std::string& path, const std::string& body, bool ends = true) {
    return request({{":method", "POST"}, {":scheme", "https"}, {":authority", "a"}, {":path", path}}, &body, ends);
  }
  // A body that came later.
  void finish(int32_t id, const std::string& body) {
    source_of_[id]->body += body;
    source_of_[id]->ends = true;
    nghttp2_session_resume_data(session_, id);
  }
  void move() {
    const uint8_t* data = nullptr;
    for (ssize_t size; (size = nghttp2_session_mem_send(session_, &data)) > 0;) tls_.send(text({data, static_cast<size_t>(size)}));
    tls_.receive();
    const std::string received = std::exchange(tls_.received, "");
    (void)nghttp2_session_mem_recv(session_, bytes(received).data(), received.size());
    has_ended = tls_.has_ended;
  }
  [[nodiscard]] nghttp2_session* session() { return session_; }
  [[nodiscard]] TlsClient& tls() { return tls_; }

  std::map<int32_t, Reply> replies;
  std::map<int32_t, size_t*> sent_of;
  bool reads = true, has_ended = false;
  int sent_away = -1;

 private:
  struct Source {
    std::string body;
    size_t sent = 0;
    bool ends = true;
  };
  TlsClient tls_;
  nghttp2_session* session_ = nullptr;
  std::vector<std::unique_ptr<Source>> sources_;
  std::map<int32_t, Source*> source_of_;
};

class Http2Test : public ServerTest {
 protected:
  void start(const ServerLimits& limits = {}) { ServerTest::start(limits, context.get()); }
  Reply reply(Client2& client, int32_t id) {
    EXPECT_TRUE(until([&] {
      client.move();
      return client.replies[id].has_closed || client.has_ended;
    }));
    return client.replies[id];
  }
  tls::TestCertificates files;
  std::unique_ptr<tls::Context> context = *tls::Context::server({files.certificate, files.key}, {"h2", "http/1.1"});
  std::unique_ptr<tls::Context> believer = *tls::Context::client(files.certificate, std::nullopt, {"h2"});
};

TEST_F(Http2Test, AnswersManyAtOnceInAnyOrder) {
  start();
  std::vector<Exchange*> waiting;
  handler.call = [&](Exchange& exchange) { waiting.push_back(&exchange); };
  Client2 client(port, *believer);
  const int32_t first = client.get("/1?a=b"), second = client.get("/2");
  ASSERT_TRUE(until([&] {
    client.move();
    return waiting.size() == 2;
  }));
  const RequestHead& head = waiting[0]->head();
  EXPECT_EQ(head.version, Version::http_2);
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.target, "/1?a=b");
  EXPECT_EQ(head.path, "/1");
  EXPECT_EQ(head.query, "a=b");
  EXPECT_EQ(head.authority, "a");
  EXPECT_TRUE(head.is_tls);
  const Header headers[] = {{"X-Mine", "1"}, {"Connection", "close"}};
  EXPECT_FALSE(waiting[1]->answer(200, std::array{Header{"x", "a\nb"}}, {}).has_value());
  ASSERT_TRUE(waiting[1]->answer(404, headers, bytes("two")).has_value());
  const Reply two = reply(client, second);
  EXPECT_EQ(two.status + two.headers + two.body, "404x-mine=1;content-length=3;two");
  EXPECT_FALSE(client.replies[first].has_closed);
  ASSERT_TRUE(waiting[0]->answer(204, {}, {}).has_value());
  const Reply one = reply(client, first);
  EXPECT_EQ(one.status + one.headers + one.body, "204");
  EXPECT_EQ(server->counts().connections, 1u);
  EXPECT_EQ(server->counts().exchanges, 0u);
}

TEST_F(Http2Test, BodiesHeadersAndStreamedAnswers) {
  start();
  handler.call = answer_with_request;
  Client2 client(port, *believer);
  EXPECT_EQ(reply(client, client.post("/p", "hello")).body, "POST /p [hello]");
  const std::string large(1 << 20, 'l');
  EXPECT_EQ(reply(client, client.post("/p", large)).body, "POST /p [" + large + "]");
  std::string seen;
  handler.call = [&](Exchange& exchange) {
    for (const Header& header : exchange.head().headers) seen += std::string(header.name) + "=" + std::string(header.value) + "|";
    EXPECT_TRUE(exchange.begin_answer(200, {}).has_value());
    EXPECT_EQ(exchange.write(bytes("one ")), 4u);
    EXPECT_EQ(exchange.write(bytes("two")), 3u);
    exchange.end_answer();
  };
  const Client2::Pairs pairs = {{":method", "GET"}, {":scheme", "https"}, {":path", "/"}, {"host", "h"},
                                {"cookie", "a=1"},  {"cookie", "b=2"},    {"x", "y"}};
  EXPECT_EQ(reply(client, client.request(pairs)).body, "one two");
  EXPECT_EQ(seen, "host=h|x=y|cookie=a=1; b=2|");
  const Reply head =
      reply(client, client.request({{":method", "HEAD"}, {":scheme", "https"}, {":authority", "a"}, {":path", "/"}}));
  EXPECT_EQ(head.status + head.body, "200");
}

TEST_F(Http2Test, ASlowReaderHoldsTheHandlerAndNotTheMemory) {
  start();
  constexpr size_t total = 4 << 20;
  size_t written = 0;
  const std::string piece(48 << 10, 'x');
  Exchange* current = nullptr;
  std::function<void()> go_on = [&] {
    while (written < total) {
      const uint64_t taken = current->write(bytes(std::string_view(piece).substr(0, total - written)));
      written += taken;
      if (taken == 0) return current->on_room([&] { go_on(); });
    }
    current->end_answer();
  };
  handler.call = [&](Exchange& exchange) {
    current = &exchange;
    ASSERT_TRUE(exchange.begin_answer(200, {}, total).has_value());
    go_on();
  };
  Client2 client(port, *believer);
  client.reads = false;
  const int32_t id = client.get("/");
  ASSERT_TRUE(until([&] {
    client.move();
    return client.replies[id].body.size() == 65535;  // the window
  }));
  for (int i = 0; i < 50; ++i) {
    client.move();
    loop->poll();
  }
  EXPECT_LE(written, 3u * 65536);
  client.reads = true;
  nghttp2_session_consume(client.session(), id, client.replies[id].body.size());
  EXPECT_EQ(reply(client, id).body.size(), total);
}

TEST_F(Http2Test, ASlowHandlerHoldsTheClient) {
  start();
  Exchange* current = nullptr;
  handler.call = [&](Exchange& exchange) { current = &exchange; };
  Client2 client(port, *believer);
  const std::string body(1 << 20, 'b');
  const int32_t id = client.post("/", body);
  ASSERT_TRUE(until([&] {
    client.move();
    return *client.sent_of[id] == 65535;
  }));
  for (int i = 0; i < 50; ++i) {
    client.move();
    loop->poll();
  }
  EXPECT_EQ(*client.sent_of[id], 65535u);
  size_t read = 0;
  std::function<void()> go_on = [&] {
    current->read_some([&](Result<Bytes> got) {
      ASSERT_TRUE(got.has_value());
      read += got->size();
      if (!got->empty()) return go_on();
      (void)current->answer(200, {}, bytes("thanks"));
    });
  };
  go_on();
  EXPECT_EQ(reply(client, id).body, "thanks");
  EXPECT_EQ(read, body.size());
}

TEST_F(Http2Test, BodiesNobodyReadsStopNobodyElse) {
  start();
  handler.call = [](Exchange& exchange) {
    if (exchange.head().path == "/echo") return answer_with_request(exchange);
    (void)exchange.answer(403, {}, bytes("no"));
  };
  Client2 client(port, *believer);
  const std::string body(200'000, 'b');
  for (int i = 0; i < 20; ++i) {
    const Reply refused = reply(client, client.post("/", body));
    EXPECT_EQ(refused.status + refused.body, "403no");
  }
  EXPECT_EQ(reply(client, client.post("/echo", body)).body.size(), body.size() + 13);  // the window of the connection is open
}

TEST_F(Http2Test, ExpectWaitsForTheHandler) {
  start();
  Exchange* current = nullptr;
  handler.call = [&](Exchange& exchange) { current = &exchange; };
  Client2 client(port, *believer);
  const int32_t id = client.request(
      {{":method", "POST"}, {":scheme", "https"}, {":authority", "a"}, {":path", "/"}, {"expect", "100-continue"}}, nullptr, false);
  ASSERT_TRUE(until([&] {
    client.move();
    return current != nullptr;
  }));
  EXPECT_EQ(client.replies[id].status, "");
  answer_with_request(*current);
  ASSERT_TRUE(until([&] {
    client.move();
    return client.replies[id].status == "100";
  }));
  client.finish(id, "late");
  EXPECT_EQ(reply(client, id).body, "POST / [late]");
}

TEST_F(Http2Test, ABodyThatDoesNotEndIsStopped) {
  start({.linger_time_ms = 40});
  Client2 client(port, *believer);
  const Reply stopped = reply(client, client.post("/", "never ends", false));
  EXPECT_EQ(stopped.status + stopped.body, "200hello");
  EXPECT_EQ(stopped.error, static_cast<uint32_t>(NGHTTP2_NO_ERROR));
  EXPECT_EQ(reply(client, client.get("/")).body, "hello");
}

TEST_F(Http2Test, LimitsAndMalformedRequests) {
  start({.head_size = 1000, .headers = 5, .target_size = 50});
  handler.call = answer_with_request;
  Client2 client(port, *believer);
  const auto status = [&](const Client2::Pairs& more, const std::string& path = "/") {
    Client2::Pairs pairs = {{":method", "GET"}, {":scheme", "https"}, {":authority", "a"}, {":path", path}};
    pairs.insert(pairs.end(), more.begin(), more.end());
    return reply(client, client.request(pairs)).status;
  };
  EXPECT_EQ(status({{"x", std::string(2000, 'y')}}), "431");
  EXPECT_EQ(status({{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}, {"e", "5"}, {"f", "6"}}), "431");
  EXPECT_EQ(status({}, "/" + std::string(50, 'p')), "414");
  EXPECT_EQ(status({}, "/a#b"), "400");
  EXPECT_EQ(status({{"expect", "miracles"}}), "417");
  EXPECT_EQ(status({}), "200");
  handler.call = [](Exchange& exchange) { exchange.read_body(10, [](Result<Bytes> body) { ASSERT_FALSE(body.has_value()); }); };
  EXPECT_EQ(reply(client, client.post("/", "01234567890")).status, "413");
  handler.call = answer_with_request;
  // What nghttp2 refuses itself: a header in upper case breaks the stream, not the connection.
  EXPECT_EQ(
      reply(client, client.request({{":method", "GET"}, {":scheme", "https"}, {":path", "/"}, {"connection", "close"}})).error,
      static_cast<uint32_t>(NGHTTP2_PROTOCOL_ERROR));
  EXPECT_EQ(status({}), "200");
}

TEST_F(Http2Test, SlowClientsAreNotWaitedFor) {
  start({.body_time_ms = 80, .write_time_ms = 80, .idle_time_ms = 200, .linger_time_ms = 40});
  handler.call = answer_with_request;
  Client2 client(port, *believer);
  EXPECT_EQ(reply(client, client.post("/", "never ends", false)).status, "408");
  handler.call = [](Exchange& exchange) { (void)exchange.answer(200, {}, bytes(std::string(1 << 20, 'x'))); };
  client.reads = false;
  EXPECT_EQ(reply(client, client.get("/")).error, static_cast<uint32_t>(NGHTTP2_INTERNAL_ERROR));
  EXPECT_TRUE(until([&] {
    client.move();
    return client.has_ended;  // idle
  }));
  EXPECT_EQ(client.sent_away, 0);
}

TEST_F(Http2Test, AHandlerLearnsThatItsClientIsGone) {
  start();
  Exchange* current = nullptr;
  int told = 0;
  handler.call = [&](Exchange& exchange) {
    current = &exchange;
    exchange.on_gone([&] { ++told; });
  };
  Client2 client(port, *believer);
  const int32_t id = client.get("/path");
  ASSERT_TRUE(until([&] {
    client.move();
    return current != nullptr;
  }));
  nghttp2_submit_rst_stream(client.session(), NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
  ASSERT_TRUE(until([&] {
    client.move();
    return told == 1;
  }));
  EXPECT_EQ(current->head().path, "/path");
  (void)current->answer(200, {}, bytes("nobody"));
  EXPECT_EQ(server->counts().exchanges, 0u);
  EXPECT_EQ(server->counts().gone, 1u);
  handler.call = answer_with_request;
  EXPECT_EQ(reply(client, client.get("/")).status, "200");  // the connection goes on
}

TEST_F(Http2Test, MoreStreamsThanAllowedAreRefused) {
  start({.streams = 4});
  std::vector<Exchange*> waiting;
  handler.call = [&](Exchange& exchange) { waiting.push_back(&exchange); };
  Client2 client(port, *believer);
  ASSERT_TRUE(until([&] {
    client.move();
    return nghttp2_session_get_remote_settings(client.session(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS) == 4;
  }));
  // Resets make room for the client's count, not for ours: the handler still has them.
  for (int i = 0; i < 4; ++i) {
    const int32_t id = client.get("/");
    const size_t before = waiting.size();
    ASSERT_TRUE(until([&] {
      client.move();
      return waiting.size() > before;
    }));
    nghttp2_submit_rst_stream(client.session(), NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
    client.move();
  }
  EXPECT_EQ(reply(client, client.get("/")).error, static_cast<uint32_t>(NGHTTP2_REFUSED_STREAM));
  for (Exchange* one : waiting) one->abandon();
  handler.call = answer_with_request;
  settle();
  EXPECT_EQ(reply(client, client.get("/")).status, "200");
}

TEST_F(Http2Test, FloodsAreSentAway) {
  start({.nuisances = 50, .nuisance_rate = 1});
  int begun = 0;
  handler.call = [&](Exchange& exchange) {
    ++begun;
    (void)exchange.answer(200, {}, {});
  };
  const auto flood = [&](const std::function<void(Client2&)>& once) {
    Client2 client(port, *believer);
    EXPECT_EQ(reply(client, client.get("/")).status, "200");
    for (int i = 0; i < 200 && client.sent_away < 0; ++i) {
      once(client);
      client.move();
      loop->poll();
    }
    EXPECT_TRUE(until([&] {
      client.move();
      return client.sent_away >= 0;
    }));
    EXPECT_EQ(client.sent_away, NGHTTP2_ENHANCE_YOUR_CALM);
    EXPECT_TRUE(until([&] {
      client.move();
      return client.has_ended;
    }));
  };
  flood([](Client2& client) { nghttp2_submit_ping(client.session(), NGHTTP2_FLAG_NONE, nullptr); });
  flood([](Client2& client) { nghttp2_submit_settings(client.session(), NGHTTP2_FLAG_NONE, nullptr, 0); });
  flood([](Client2& client) {  // rapid reset
    const int32_t id = client.post("/", "x", false);
    client.move();
    nghttp2_submit_rst_stream(client.session(), NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
  });
  EXPECT_EQ(server->counts().exchanges, 0u);
}

TEST_F(Http2Test, GarbageEndsTheConnection) {
  start();
  TlsClient client(port, *believer);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(until([&] {
    client.receive();
    return client.has_ended;
  }));
  EXPECT_EQ(server->counts().requests, 0u);
  EXPECT_EQ(server->counts().malformed, 1u);
}

TEST_F(Http2Test, DrainsWithoutLosingWhatGoesOn) {
  start({.linger_time_ms = 40});
  Exchange* current = nullptr;
  handler.call = [&](Exchange& exchange) { current = &exchange; };
  Client2 client(port, *believer), idle(port, *believer);
  const int32_t id = client.get("/");
  ASSERT_TRUE(until([&] {
    client.move();
    idle.move();
    return current != nullptr;
  }));
  bool has_drained = false;
  server->drain([&] { has_drained = true; });
  ASSERT_TRUE(until([&] {
    idle.move();
    client.move();
    return idle.has_ended && client.sent_away == 0;
  }));
  EXPECT_FALSE(has_drained);
  (void)current->answer(200, {}, bytes("last"));
  EXPECT_EQ(reply(client, id).body, "last");
  EXPECT_TRUE(until([&] { return has_drained; }));
}

}  // namespace
}  // namespace mote::http
