#!/usr/bin/env python3
"""The tidy rules find what they are there for, and nothing in code that keeps them."""

import pathlib
import tempfile
import unittest

import check_tree


class TidyTest(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.root = pathlib.Path(self._folder.name)

    def findings(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return check_tree.check_tree(self.root)

    def assert_found(self, path, text, part):
        lines = self.findings(path, text)
        self.assertTrue(any(part in line for line in lines), f"no '{part}' in {lines}")

    def assert_clean(self, path, text):
        self.assertEqual(self.findings(path, text), [])

    def test_a_service_may_not_include_another(self):
        self.assert_found("services/usage/ledger.cc", '#include "services/admin/admin.h"\n',
                          "services/usage may not include services/admin/admin.h")

    def test_layers_go_one_way(self):
        self.assert_found("services/relay/snapshot/snapshot.cc",
                          '#include "services/relay/http/session.h"\n', "may not include")
        self.assert_found("libs/common/ids.cc", '#include "services/relay/relay.h"\n',
                          "may not include")
        self.assert_found("services/relay/dialects/sse.cc", "#include <boost/asio.hpp>\n",
                          "free of I/O")

    def test_what_the_table_allows_is_clean(self):
        self.assert_clean("services/relay/route/route.cc",
                          '#include "services/relay/route/route.h"\n'
                          '#include "services/relay/snapshot/snapshot.h"\n'
                          '#include "libs/common/money.h"\n')

    def test_a_folder_without_a_row(self):
        self.assert_found("services/relay/brand_new/x.cc", "\n", "no row in tests/tidy/layers.py")

    def test_heavy_headers_stay_out_of_headers(self):
        self.assert_found("services/admin/http/server.h", "#include <httplib.h>\n", "in a header")
        self.assert_clean("services/admin/http/server.h", "\n")
        self.assert_clean("services/admin/http/server.cc", "#include <httplib.h>\n")

    def test_banned_functions(self):
        for code in ("std::cout << 1;", "sprintf(buffer, format);", "strcpy(a, b);",
                     "int n = atoi(text);", "std::regex r;", "thread.detach();",
                     "double cost_usd = 0.1;", "int r = rand();", "printf(text);"):
            with self.subTest(code):
                self.assert_found("services/usage/a.cc", f"{code}\n", "banned")

    def test_comments_strings_and_lookalikes_are_not_code(self):
        self.assert_clean("services/usage/a.cc",
                          "// never sprintf( here\n"
                          'const char* kText = "std::cout << rand()";\n'
                          'const char* kRaw = R"(strcpy(a, b))";\n'
                          "Brand(x); my.rand(); absl::StrFormat(x); operand(1);\n")

    def test_an_exception_with_a_reason(self):
        self.assert_clean("services/usage/a.cc",
                          "// tidy: allowed, getaddrinfo cannot be broken off\nthread.detach();\n")
        self.assert_found("services/usage/a.cc", "// tidy: allowed\nthread.detach();\n", "banned")

    def test_a_main_may_print(self):
        self.assert_clean("services/usage/main.cc", "std::cout << text;\n")

    def test_unfinished_work(self):
        self.assert_found("docs/a.md", "TO" + "DO: later\n", "unfinished")

    def test_long_files(self):
        self.assert_found("libs/common/a.cc", "\n" * 401, "401 lines")
        self.assert_clean("libs/common/a.cc", "\n" * 400)
        self.assert_clean("tests/unit/common/a_test.cc", "\n" * 900)

    def test_the_console_is_held_to_it_too_but_for_what_is_generated(self):
        long = "const a = 1\n" * 401
        self.assert_clean("web/src/api/schema.gen.ts", long)
        self.assert_clean("web/node_modules/vue/index.ts", long)
        self.assert_found("web/src/domain/money.ts", long, "more than 400")

    def test_proto_numbers(self):
        self.assert_found("proto/a.proto",
                          "message A {\n  string a = 1;\n  oneof b {\n    string c = 1;\n  }\n}\n",
                          "number 1 of c is taken by a")
        self.assert_found("proto/a.proto",
                          "message A {\n  reserved 2 to 4;\n  string a = 3;\n}\n",
                          "number 3 of a is taken by reserved")
        self.assert_found("proto/a.proto", "enum E {\n  ONE = 0;\n}\n", "_UNSPECIFIED")
        self.assert_clean("proto/a.proto",
                          "message A {\n  string a = 1;\n  message B {\n    string a = 1;\n  }\n"
                          "  string b = 2;\n}\nmessage C {\n  string a = 1;\n}\n")

    def test_proto_units(self):
        self.assert_found("proto/a.proto", "message A {\n  int64 wait = 1;\n}\n", "say its unit")
        self.assert_clean("proto/a.proto", "message A {\n  int64 wait = 1; // seconds\n"
                                           "  int64 wait_ms = 2;\n}\n")

    def test_tests_of_a_service_stay_with_it(self):
        self.assert_found("tests/unit/relay/a_test.cc", '#include "services/admin/admin.h"\n',
                          "tests of relay may not include")


if __name__ == "__main__":
    unittest.main()
