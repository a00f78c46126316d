#!/bin/sh
# An agent registers, writes to itself, waits for the mail, answers it and finds it again. Needs curl and nothing else.
set -eu
base=${PENNYPOST_BASE_URL:-http://localhost:3000}/v1

# One field of a JSON answer; jq does it better where there is one.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

# -f: a refusal is a failure. --retry: 429 and 5xx are tried again, after the seconds the server names.
post() {
  path=$1; shift
  curl -sSf --retry 3 -X POST "$base$path" -H "Content-Type: application/json" "$@"
}

registered=$(post /register -d '{"name": "Curl agent", "owner_email": "owner@company.example"}')
key=$(echo "$registered" | field api_key)
inbox=$(echo "$registered" | field inbox_id)
email=$(echo "$registered" | field email)
echo "registered as $email"

auth="Authorization: Bearer $key"
# The same Idempotency-Key: however often this is repeated, one mail goes out.
sent=$(post "/inboxes/$inbox/messages" -H "$auth" -H "Idempotency-Key: first-mail" \
  -d "{\"to\": \"$email\", \"subject\": \"Your order\", \"text\": \"Your code is 482913.\"}")
thread=$(echo "$sent" | field thread_id)
echo "sent in $thread"

# Stays open until the mail is there.
received=$(post "/inboxes/$inbox/wait" -H "$auth" -d '{"subject": "your order", "timeout": 30}')
message=$(echo "$received" | sed -n 's/.*"message":{"id":"\([^"]*\)".*/\1/p')
echo "received $message"
case $received in *'"codes":[{"value":"482913"'*) echo "found the code 482913" ;; *) exit 1 ;; esac

post "/inboxes/$inbox/messages/$message/reply" -H "$auth" -d '{"text": "Thank you."}' >/dev/null
echo "replied"

# Search knows a mail a moment after it arrived.
tries=0
until post /messages/search -H "$auth" -d '{"query": "\"your order\""}' | grep -q "$message"; do
  tries=$((tries + 1))
  [ "$tries" -lt 20 ] || exit 1
  sleep 0.5
done
echo "found it again"
