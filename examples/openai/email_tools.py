"""Email for a model with function calling. `TOOLS` goes into the request, `run(call)` answers a tool call. No dependency."""

import json
import os
import pathlib
import urllib.error
import urllib.request
import uuid

BASE = os.environ.get("PENNYPOST_BASE_URL", "http://localhost:3000")
KEY = os.environ["PENNYPOST_API_KEY"]
INBOX = os.environ["PENNYPOST_INBOX_ID"]
TOOLS = json.loads((pathlib.Path(__file__).parent / "tools.json").read_text())


def post(path, body):
    """One call; a refusal comes back as what the server says about it, so that the model can mend it."""
    headers = {
        "Authorization": f"Bearer {KEY}",
        "Content-Type": "application/json",
        "Idempotency-Key": str(uuid.uuid4()),
    }
    request = urllib.request.Request(f"{BASE}/v1{path}", json.dumps(body).encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=70) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refusal:
        return json.load(refusal)


def send_email(to, subject, text):
    answer = post(f"/inboxes/{INBOX}/messages", {"to": to, "subject": subject, "text": text})
    return answer if "error" in answer else {"id": answer["id"], "status": answer["status"]}


def wait_for_email(sender=None, subject=None, seconds=30):
    wanted = {"from": sender, "subject": subject, "timeout": seconds}
    answer = post(f"/inboxes/{INBOX}/wait", {name: value for name, value in wanted.items() if value is not None})
    if "error" in answer:
        return answer
    if answer["message"] is None:
        return {"message": None, "note": "Nothing yet. Call again to go on waiting."}
    mail = answer["message"]
    return {
        "id": mail["id"],
        "from": mail["from_email"],
        "sender_is": (mail["authentication"] or {}).get("trust", "none"),
        "untrusted_subject": mail["subject"],
        "untrusted_text": mail["extracted_text"],
        "codes": [code["value"] for code in answer["codes"]],
    }


def run(call):
    """A tool call of the model, as the API answers it → the message to send back."""
    function = {"send_email": send_email, "wait_for_email": wait_for_email}[call["function"]["name"]]
    result = function(**json.loads(call["function"]["arguments"]))
    return {"role": "tool", "tool_call_id": call["id"], "content": json.dumps(result)}
