// The page at /setup: a form over POST /setup, for who has no console yet. Nothing but this file
// and its own answers is loaded. NONCE stands for the answer's own.
#pragma once

#include <string_view>

namespace weir::admin {

inline constexpr std::string_view kSetupPage = R"html(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Weir: set-up</title>
<style nonce="NONCE">
body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem }
label { display: block; margin: .7rem 0 }
input, select { font: inherit; width: 100%; box-sizing: border-box; padding: .4rem }
button { font: inherit; padding: .5rem 1.2rem; margin: 1rem 0 }
pre { background: #8881; padding: .8rem; overflow-x: auto }
.wrong { color: #c22 }
:root { color-scheme: light dark }
</style>
<h1>Set up Weir</h1>
<form id="form">
<p>The token was printed when admin started. It is good until the first administrator exists.</p>
<label>Token <input name="token" required autocomplete="off" spellcheck="false"></label>
<h2>Administrator</h2>
<label>User name <input name="username" required value="admin" autocomplete="username"></label>
<label>Password <input name="password" type="password" required minlength="8"
  autocomplete="new-password"></label>
<h2>First account (may wait)</h2>
<label>Platform <select name="platform_type">
<option value="">later</option>
<option value="claude" data-url="https://api.anthropic.com">Anthropic</option>
<option value="openai" data-url="https://api.openai.com/v1">OpenAI, or compatible</option>
<option value="gemini" data-url="https://generativelanguage.googleapis.com">Gemini</option>
<option value="ollama" data-url="http://127.0.0.1:11434">Ollama</option>
</select></label>
<label>URL <input name="request_url" type="url"></label>
<label>Its key <input name="secret_key" type="password" autocomplete="off"></label>
<h2>First API key (may wait)</h2>
<label>Name <input name="key_name" value="first"></label>
<button>Set up</button>
<p id="wrong" class="wrong" role="alert"></p>
</form>
<div id="done" hidden>
<p>Done. This key is shown this once:</p>
<pre id="key"></pre>
<p><a href="/">On to Weir</a></p>
</div>
<script nonce="NONCE">
'use strict';
const form = document.getElementById('form');
const wrong = document.getElementById('wrong');
const token = new URLSearchParams(location.hash.slice(1)).get('token');
if (token) form.token.value = token;
history.replaceState(null, '', location.pathname);
form.platform_type.addEventListener('change', () => {
  form.request_url.value = form.platform_type.selectedOptions[0].dataset.url || '';
});
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  wrong.textContent = '';
  const body = {token: form.token.value, username: form.username.value,
                password: form.password.value};
  if (form.platform_type.value) {
    body.account = {name: form.platform_type.value, platform_type: form.platform_type.value,
                    request_url: form.request_url.value, secret_key: form.secret_key.value};
  }
  if (form.key_name.value) body.api_key = {name: form.key_name.value};
  let answer;
  try {
    const reply = await fetch('/setup', {method: 'POST', body: JSON.stringify(body),
                                         headers: {'content-type': 'application/json'}});
    answer = await reply.json();
  } catch (error) {
    answer = {error: 'Weir did not answer: ' + error.message};
  }
  if (answer.error) {
    const fields = Object.entries(answer.fields || {}).map(([name, what]) => name + ' ' + what);
    wrong.textContent = fields.length ? fields.join('; ') : answer.error;
    return;
  }
  form.hidden = true;
  document.getElementById('key').textContent = answer.api_key ? answer.api_key.key : '(none)';
  document.getElementById('done').hidden = false;
});
</script>
</html>
)html";

}  // namespace weir::admin
