#!/usr/bin/env python3
"""A second verifier of ProClaw audit trails, written from docs/audit/format.md alone.

It shares no code and no language with @proclaw/verify: Python's standard library computes the
hashes and reads the JSON, the openssl command verifies Ed25519. It is slow, reads whole logs into
memory and is meant to be read. Where the two verifiers disagree, one of them or the page is wrong.

    verify_trail.py DIR [--key FILE]... [--anchor FILE]... [--witness FILE]... [--quorum N] [--strict] [--json]

Exit: 0 intact, 1 tampered, 2 unreadable or wrong usage.
"""

import argparse
import base64
import binascii
import hashlib
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import threading
from datetime import datetime

# --- Conventions ------------------------------------------------------------------------------

UUIDV7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
SHA256_HEX = re.compile(r"[0-9a-f]{64}")
KEY_ID = re.compile(r"[0-9a-f]{8}")
MAX_COUNT = 2**53 - 1
MAX_LINE = 65_535
MAX_DEPTH = 64
MAX_NOTE = 262_144
MAX_SIGNATURES = 64
MAX_WAITING = 65_536


class Malformed(Exception):
    """Bytes that are not what the page says they must be."""


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def strict_base64(text):
    """Base64 of RFC 4648 section 4, and exactly what an encoder writes."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("not base64") from error
    if base64.b64encode(raw).decode() != text:
        raise Malformed("not the base64 an encoder writes")
    return raw


def is_text(value):
    return isinstance(value, str)


def is_name(value):
    return isinstance(value, str) and value != ""


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_count(value):
    return is_number(value) and 0 <= value <= MAX_COUNT and value == math.floor(value)


def is_sha256(value):
    return isinstance(value, str) and SHA256_HEX.fullmatch(value) is not None


def is_uuid(value):
    return isinstance(value, str) and UUIDV7.fullmatch(value) is not None


# --- Hashes and tree (RFC 6962 section 2.1) ---------------------------------------------------


def leaf_of(line):
    return sha256(b"\x00", line)


class Tree:
    """Merkle tree hash over leaves in order: the roots of the complete subtrees, largest first."""

    def __init__(self):
        self.size = 0
        self.peaks = []

    def append(self, leaf):
        node, size = leaf, self.size
        while size & 1:
            node = sha256(b"\x01", self.peaks.pop(), node)
            size >>= 1
        self.peaks.append(node)
        self.size += 1

    def root(self):
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = sha256(b"\x01", peak, root)
        return root


# --- Keys and notes (C2SP signed-note, tlog-checkpoint, tlog-cosignature) ---------------------

ED25519 = 0x01
COSIGNATURE = 0x04


class Key:
    def __init__(self, name, kind, public):
        self.name, self.kind, self.public = name, kind, public
        self.id = sha256(name.encode(), b"\n", bytes([kind]), public)[:4]

    def __eq__(self, other):
        return isinstance(other, Key) and self.vkey() == other.vkey()

    def __hash__(self):
        return hash(self.vkey())

    def vkey(self):
        body = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{body}"


def is_key_name(name):
    return name != "" and "+" not in name and not any(c.isspace() or ord(c) < 32 or ord(c) == 127 for c in name)


def parse_vkey(text):
    parts = text.split("+", 2)
    if len(parts) != 3 or not is_key_name(parts[0]) or not KEY_ID.fullmatch(parts[1]):
        raise Malformed("not a vkey")
    raw = strict_base64(parts[2])
    if len(raw) != 33 or raw[0] not in (ED25519, COSIGNATURE):
        raise Malformed("not an Ed25519 vkey")
    key = Key(parts[0], raw[0], raw[1:])
    if key.id.hex() != parts[1]:
        raise Malformed("the key id is not that of the key")
    return key


_SIGNATURES = {}


def ed25519_verifies(public, message, signature):
    """openssl verifies; an answer is remembered, because each one costs a process."""
    asked = (public, message, signature)
    if asked not in _SIGNATURES:
        with tempfile.TemporaryDirectory() as folder:
            # The fixed head of an Ed25519 SubjectPublicKeyInfo (RFC 8410 section 4).
            files = {"key": bytes.fromhex("302a300506032b6570032100") + public, "message": message, "signature": signature}
            for name, content in files.items():
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(content)
            command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key"]
            command += ["-rawin", "-in", "message", "-sigfile", "signature"]
            ran = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        _SIGNATURES[asked] = ran.returncode == 0
    return _SIGNATURES[asked]


class Note:
    """Text (with its last LF) and signatures (key name, key id, signature bytes)."""

    def __init__(self, data):
        if len(data) > MAX_NOTE:
            raise Malformed("a note too long")
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Malformed("a note that is not UTF-8") from error
        if not whole.endswith("\n") or any((ord(c) < 32 and c != "\n") or ord(c) == 127 for c in whole):
            raise Malformed("a note with control characters, or without an end")
        cut = whole.rfind("\n\n")
        if cut < 0:
            raise Malformed("a note without signatures")
        self.text = whole[: cut + 1]
        self.signatures = []
        lines = whole[cut + 2 :].split("\n")[:-1]
        if not 1 <= len(lines) <= MAX_SIGNATURES:
            raise Malformed("a note without signatures, or with too many")
        for line in lines:
            parts = line.split(" ")
            if len(parts) != 3 or parts[0] != "\u2014" or not is_key_name(parts[1]):
                raise Malformed("a signature line that is none")
            raw = strict_base64(parts[2])
            if len(raw) < 5:
                raise Malformed("a signature too short")
            self.signatures.append((parts[1], raw[:4], raw[4:]))

    def judge(self, keys):
        """The keys that signed; whether a signature under a known key is wrong; whether one is unknown."""
        signed, bad, unknown = set(), False, False
        by_name = {(key.name, key.id): key for key in keys}
        for name, key_id, signature in self.signatures:
            key = by_name.get((name, key_id))
            if key is None:
                unknown = True
            elif key.kind == ED25519:
                if len(signature) == 64 and ed25519_verifies(key.public, self.text.encode(), signature):
                    signed.add(key)
                else:
                    bad = True
            else:
                time = int.from_bytes(signature[:8], "big")
                message = f"cosignature/v1\ntime {time}\n{self.text}".encode()
                if len(signature) == 72 and ed25519_verifies(key.public, message, signature[8:]):
                    signed.add(key)
                else:
                    bad = True
        return signed, bad, unknown


class Checkpoint:
    def __init__(self, data):
        self.note = Note(data)
        lines = self.note.text.split("\n")
        if len(lines) != 4 or lines[0] == "":
            raise Malformed("a checkpoint of other than three lines")
        self.origin = lines[0]
        if re.fullmatch(r"[1-9][0-9]*", lines[1]) is None or int(lines[1]) > MAX_COUNT:
            raise Malformed("a checkpoint over no record")
        self.size = int(lines[1])
        self.root = strict_base64(lines[2])
        if len(self.root) != 32:
            raise Malformed("a root of another length")


# --- Canonical JSON (RFC 8785), for strict mode -----------------------------------------------


def es_number(value):
    """A number as ECMAScript prints it. Python's repr finds the same shortest digits."""
    if isinstance(value, int):
        value = float(value)
    if not math.isfinite(value):
        raise Malformed("not a number of JSON")
    if value == 0:
        return "0"
    sign, digits, exponent = _decimal(repr(value))
    point = len(digits) + exponent
    if len(digits) <= point <= 21:
        text = digits + "0" * (point - len(digits))
    elif 0 < point <= 21:
        text = digits[:point] + "." + digits[point:]
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        power = point - 1
        mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
        text = f"{mantissa}e{'+' if power >= 0 else '-'}{abs(power)}"
    return sign + text


def _decimal(text):
    sign = "-" if text.startswith("-") else ""
    mantissa, _, exponent = text.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    shift = int(exponent or "0") - len(fraction)
    digits = (whole + fraction).lstrip("0")
    stripped = digits.rstrip("0")
    return sign, stripped, shift + len(digits) - len(stripped)


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def es_string(value):
    parts = ['"']
    for char in value:
        if char in _ESCAPES:
            parts.append(_ESCAPES[char])
        elif ord(char) < 32:
            parts.append(f"\\u{ord(char):04x}")
        elif 0xD800 <= ord(char) <= 0xDFFF:
            raise Malformed("a lone surrogate")
        else:
            parts.append(char)
    parts.append('"')
    return "".join(parts)


def canonical(value):
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        return es_string(value)
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(es_string(key) + ":" + canonical(value[key]) for key in keys) + "}"
    return es_number(value)


# --- Records ----------------------------------------------------------------------------------

KINDS = {
    "log.open", "decision", "outcome", "heartbeat", "policy.load", "key.rotate", "recovery", "erasure",
    "config.change", "clock.step", "anomaly", "approval", "audit.read", "log.close", "checkpoint",
}  # fmt: skip
STATUSES = {"pending", "not_executed", "success", "error", "timeout", "killed", "unknown", "unobserved"}
EFFECTS = {"allow", "deny", "require_approval"}
REASON_CODES = {
    "allowed_by_rule", "allowed_after_approval", "denied_by_rule", "approval_required", "approval_refused",
    "no_matching_rule", "unlisted_argument", "data_class_denied", "rate_limited", "evaluation_error",
    "unknown_variable", "missing_fact", "argument_too_large", "invalid_call", "policy_unavailable",
    "audit_unavailable", "outcome_unrecorded", "obligation_unsupported", "context_unavailable", "facts_changed",
    "deadline_exceeded", "quarantined", "unsupported_platform", "audit_mode", "internal_error",
}  # fmt: skip


def nullable(test):
    return lambda value: value is None or test(value)


def one_of(values):
    return lambda value: isinstance(value, str) and value in values


def list_of(test, most=None):
    return lambda value: isinstance(value, list) and all(map(test, value)) and (most is None or len(value) <= most)


def exactly(**members):
    def test(value):
        return isinstance(value, dict) and value.keys() == members.keys() and all(t(value[k]) for k, t in members.items())

    return test


def is_timestamp(value):
    if not isinstance(value, str) or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value, re.ASCII) is None:
        return False
    try:
        datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError:
        return False
    return not value.startswith("0000") and value[17:19] <= "59"


is_redaction = exactly(data_class=is_name, rule=is_name, at=is_text)
PAYLOADS = {
    "inline": exactly(
        mode=is_text, value=lambda _: True, redactions=list_of(is_redaction, 32), redaction_count=is_count
    ),
    "ref": exactly(mode=is_text, blob=is_name, bytes=is_count, commitment=is_name),
    "sealed": exactly(mode=is_text, subject_key=is_name, nonce=is_name, ciphertext=is_text),
    "same_as": exactly(mode=is_text, event_id=is_uuid),
    "omitted": exactly(mode=is_text, type=is_text, bytes=nullable(is_count)),
}


def is_payload(value):
    mode = value.get("mode") if isinstance(value, dict) else None
    if not isinstance(mode, str) or mode not in PAYLOADS or not PAYLOADS[mode](value):
        return False
    return mode != "inline" or value["redaction_count"] >= len(value["redactions"])


has_policy_decision_members = exactly(
    effect=one_of(EFFECTS),
    mode=one_of({"enforce", "audit"}),
    would_have=nullable(exactly(effect=one_of(EFFECTS), reason_code=one_of(REASON_CODES))),
    reason=is_text,
    reason_code=one_of(REASON_CODES),
    rule_id=nullable(is_text),
    rule_name=nullable(is_text),
    determining_rules=list_of(is_text, 32),
    determining_rule_count=is_count,
    policy_id=nullable(is_text),
    policy_version=is_count,
    policy_sha256=is_sha256,
    plan_sha256=is_sha256,
    approver=nullable(is_text),
    eval_us=lambda value: is_number(value) and value >= 0,
)


def is_policy_decision(value):
    return has_policy_decision_members(value) and value["determining_rule_count"] >= len(value["determining_rules"])


has_record_members = exactly(
    v=lambda value: is_number(value) and value == 1,
    kind=one_of(KINDS),
    event_id=is_uuid,
    timestamp=is_timestamp,
    mono_ns=lambda value: isinstance(value, str) and re.fullmatch(r"[0-9]+", value) is not None,
    boot_id=is_name,
    call_id=nullable(is_text),
    parent_call_id=nullable(is_text),
    agent_id=nullable(is_text),
    session_id=nullable(is_text),
    tool_name=nullable(is_text),
    trace_id=nullable(is_text),
    span_id=nullable(is_text),
    principal=nullable(exactly(sub=nullable(is_text), roles=nullable(list_of(is_text)))),
    tool_schema_sha256=nullable(is_sha256),
    input_payload=nullable(is_payload),
    output_payload=nullable(is_payload),
    policy_decision=nullable(is_policy_decision),
    execution_status=nullable(one_of(STATUSES)),
    duration_us=nullable(lambda value: is_number(value) and value >= 0),
    error=nullable(exactly(type=is_text, message=is_text)),
    body=nullable(lambda value: isinstance(value, dict)),
    hash_chain=exactly(
        alg=one_of({"sha256-rfc6962"}),
        log=is_uuid,
        writer=is_name,
        writer_epoch=is_count,
        key_epoch=is_count,
        seq=is_count,
        prev=nullable(is_sha256),
    ),
)

is_link = exactly(log=is_uuid, size=lambda value: is_count(value) and value >= 1, root=is_sha256)


def is_record(value):
    if not has_record_members(value):
        return False
    if value["kind"] == "decision":
        return (
            value["call_id"] is not None
            and value["policy_decision"] is not None
            and value["execution_status"] in ("pending", "not_executed")
        )
    if value["kind"] == "outcome":
        return value["call_id"] is not None and value["execution_status"] is not None
    if value["kind"] == "checkpoint":
        return is_link(value["body"])
    return True


def depth_of(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)


def refuse(word):
    raise ValueError(word)


def read_record(line, strict):
    """The record of a line, or the kind of its damage."""
    if len(line) == 0:
        return None, "empty_line"
    if len(line) > MAX_LINE:
        return None, "oversized_line"
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return None, "not_utf8"
    if text.startswith("\ufeff") or "\r" in text:
        return None, "not_canonical"
    try:
        value = json.loads(text, parse_constant=refuse)
    except ValueError:
        return None, "not_json"
    if not is_record(value):
        return None, "malformed_record"
    if strict:
        try:
            same = depth_of(value) <= MAX_DEPTH and canonical(value) == text
        except Malformed:
            same = False
        if not same:
            return None, "not_canonical"
    return value, None


# --- The trail --------------------------------------------------------------------------------


class Log:
    """A folder of the trail, and what the walk over it found."""

    def __init__(self, folder, log, fleet_key=None):
        self.folder, self.log, self.fleet_key = folder, log, fleet_key
        self.id = log  # in a log of checkpoints, that of its first readable record
        self.link_id = log if fleet_key is None else None  # the id that links name
        self.size, self.closed, self.head = 0, False, None
        self.roots = {}  # by number of records
        self.keys = []  # the key that must sign a checkpoint ending with this record
        self.current = self.introduced = self.opened_with = None
        self.predecessor = None
        self.rotations = []  # (place in the tree, old key, new key, timestamp)
        self.bound = []  # (body of a `checkpoint` record, its number)
        self.covered = self.witnessed = 0

    @property
    def origin(self):
        return f"proclaw.log/{self.id}"


class Verification:
    def __init__(self, folder, keys, anchors, witnesses, quorum, strict):
        self.folder, self.given, self.anchors = folder, list(keys), anchors
        self.witnesses, self.quorum, self.strict = list(witnesses), quorum, strict
        self.trusted = set(keys)
        self.findings = []
        self.retired = {}  # key → time of the key.rotate that ended it

    # Findings

    def damage(self, kind, log, seq=None):
        self.findings.append({"severity": "damage", "kind": kind, "log": log, "seq": seq})

    def notice(self, kind, log, seq=None):
        self.findings.append({"severity": "notice", "kind": kind, "log": log, "seq": seq})

    # Reading

    def open_logs(self):
        logs = []
        for name in listing(os.path.join(self.folder, "logs")):
            if UUIDV7.fullmatch(name):
                logs.append(Log(os.path.join(self.folder, "logs", name), name))
            else:
                self.notice("stray_folder", name)
        fleets = []
        for name in listing(os.path.join(self.folder, "checkpoints")):
            if KEY_ID.fullmatch(name):
                fleets.append(Log(os.path.join(self.folder, "checkpoints", name), f"checkpoints-{name}", name))
            else:
                self.notice("stray_folder", name)
        return fleets, logs

    def read_segments(self, log):
        names = numbered(os.path.join(log.folder, "segments"), ".jsonl")
        for at, (first, path) in enumerate(names):
            lines = read_file(path).split(b"\n")
            tail = lines.pop()
            yield first, lines, tail, at == len(names) - 1

    def read_notes(self, log):
        for size, path in numbered(os.path.join(log.folder, "checkpoints"), ".note"):
            yield size, read_file(path)

    def read_opening(self, log):
        """What links go by: the first line, if it is a `log.open`, whatever else is wrong with it."""
        for _, lines, _, _ in self.read_segments(log):
            record = read_record(lines[0], False)[0] if lines else None
            if record is not None and record["kind"] == "log.open":
                log.link_id = log.link_id or record["hash_chain"]["log"]
                link = (record["body"] or {}).get("predecessor")
                log.predecessor = link if is_link(link) else None
            return

    # One log: lines, chain, meaning

    def walk(self, log):
        tree = Tree()
        expected = 0  # the number the next record should have
        previous = None  # leaf of the record before
        sound = True  # whether the record before had no damage of its own
        suspect = None  # a record whose `prev` does not fit: it, or the one before, was changed
        epoch = {"writer": 0, "key": 0}
        rotated = False
        closed = False
        last_time = None
        pairing = Pairing(self, log)
        for first, lines, tail, last in self.read_segments(log):
            if first > MAX_COUNT:
                self.damage("segment_misnamed", log.log, expected)
            elif first != expected:
                self.damage("segment_gap" if first > expected else "segment_overlap", log.log, expected)
            for line in lines:
                position = expected
                leaf = leaf_of(line)
                record, fault = read_record(line, self.strict)
                if fault is not None:
                    self.damage(fault, log.log, position)
                    tree.append(leaf)
                    log.roots[tree.size] = tree.root()
                    log.keys.append(log.current)
                    previous, expected, suspect, sound = leaf, expected + 1, None, False
                    continue
                chain = record["hash_chain"]
                seq = int(chain["seq"])
                if log.fleet_key is not None and log.id == log.log:
                    log.id = chain["log"]
                found = len(self.findings)
                if closed:
                    self.damage("record_after_close", log.log, position)
                if seq != position:
                    self.damage("seq_gap" if seq > position else "seq_repeated", log.log, position)
                fits = chain["prev"] == (None if previous is None else previous.hex())
                if suspect is not None:
                    # If this record fits, its neighbour is what it was, so the one before that was changed.
                    self.damage("chain_broken", log.log, suspect - 1 if fits else suspect)
                    suspect = None
                elif not fits and sound and seq == position and chain["log"] == log.id:
                    if position == 0 or chain["prev"] is None:
                        self.damage("chain_broken", log.log, position)
                    else:
                        suspect = position
                self.check_place(log, record, tree.size, position)
                if chain["log"] != log.id:
                    self.damage("wrong_log", log.log, position)
                if chain["writer_epoch"] < epoch["writer"]:
                    self.damage("writer_epoch_decreased", log.log, position)
                epoch["writer"] = max(epoch["writer"], chain["writer_epoch"])
                due = epoch["key"] + 1 if rotated else epoch["key"]
                if chain["key_epoch"] != due:
                    self.damage("key_epoch_unknown", log.log, position)
                if rotated:
                    log.current = log.introduced
                epoch["key"], rotated = due, False
                log.keys.append(log.current)
                if record["kind"] == "key.rotate":
                    rotated = self.check_rotation(log, record, position, tree.size)
                if last_time is not None and record["timestamp"] < last_time and record["kind"] != "clock.step":
                    self.notice("clock_step_back", log.log, position)
                last_time = record["timestamp"]
                pairing.observe(record, position)
                closed = closed or record["kind"] == "log.close"
                tree.append(leaf)
                log.roots[tree.size] = tree.root()
                previous, expected = leaf, max(expected, seq + 1)
                sound = seq == position and all(f["severity"] == "notice" for f in self.findings[found:])
            if tail:
                if closed:
                    self.damage("record_after_close", log.log, expected)
                if last and not self.strict:
                    self.notice("torn_tail", log.log, expected)
                else:
                    self.damage("torn_line", log.log, expected)
        if suspect is not None:
            self.damage("chain_broken", log.log, suspect - 1)
        pairing.end()
        log.size, log.closed, log.head = tree.size, closed, previous
        if tree.size == 0:
            self.notice("empty_log", log.log)

    def check_place(self, log, record, index, seq):
        """What only record 0, or only one kind of log, may hold."""
        kind, body = record["kind"], record["body"] or {}
        fleet = log.fleet_key is not None
        if kind == "log.open":
            if index > 0:
                self.damage("misplaced_log_open", log.log, seq)
                return
        elif index == 0:
            self.damage("bad_log_open", log.log, 0)
            return
        if index == 0:
            key = declared_key(body)
            link = body.get("predecessor", False)
            good = body.get("origin") == log.origin and key is not None and (link is None or is_link(link))
            if fleet and (key is None or key.id.hex() != log.fleet_key):
                good = False
            if not good:
                self.damage("bad_log_open", log.log, 0)
                return
            log.current = log.opened_with = key
            return
        if fleet and kind not in ("checkpoint", "recovery") or not fleet and kind == "checkpoint":
            self.damage("misplaced_kind", log.log, seq)
        elif fleet and kind == "checkpoint":
            log.bound.append((body, seq))

    def check_rotation(self, log, record, position, index):
        body, old = record["body"] or {}, log.current
        key = declared_key(body)
        due = record["hash_chain"]["key_epoch"] + 1
        good = key is not None and old is not None and key.public != old.public and body.get("key_epoch") == due
        if good:
            try:
                signature = strict_base64(body["signature"]) if is_text(body.get("signature")) else b""
            except Malformed:
                signature = b""
            words = f"proclaw key rotation v1\n{log.origin}\n{int(due)}\n{body['public_key']}\n"
            good = len(signature) == 64 and ed25519_verifies(old.public, words.encode(), signature)
        if not good:
            self.damage("bad_key_rotate", log.log, position)
            return False
        log.introduced = key
        log.rotations.append((index, old, key, record["timestamp"]))
        return True

    # One log: its checkpoints

    def check_notes(self, log, notes):
        before = 0
        for named, data in notes:
            try:
                checkpoint = Checkpoint(data)
            except Malformed:
                self.damage("malformed_checkpoint", log.log)
                continue
            if named != checkpoint.size:
                self.damage("checkpoint_misnamed", log.log)
            if checkpoint.size < before:
                self.damage("checkpoint_out_of_order", log.log)
                continue
            before = checkpoint.size
            self.check_claim(log, checkpoint, "checkpoint")

    def check_claim(self, log, checkpoint, what):
        """A checkpoint or an anchor against the log. `log.covered` grows where a trusted key signed rightly."""
        anchor = what == "anchor"
        at = checkpoint.size - 1
        if checkpoint.origin != log.origin:
            self.damage("wrong_origin", log.log, at)
            return
        declared = log.keys[min(checkpoint.size, len(log.keys)) - 1] if log.keys else None
        known = set(self.given) | set(self.witnesses) | {key for key in log.keys if key} | self.trusted
        signed, bad, unknown = checkpoint.note.judge(known)
        if unknown:
            self.notice("unknown_signer", log.log, at)
        if bad:
            self.damage("anchor_bad_signature" if anchor else "bad_signature", log.log, at)
            return
        if declared is None:
            declared = next((key for key in self.given if key in signed), None)
        if declared is None or declared not in signed:
            self.damage("anchor_bad_signature" if anchor else "wrong_signer", log.log, at)
            return
        if self.given and declared not in self.trusted:
            self.damage("anchor_untrusted" if anchor else "untrusted_key", log.log, at)
            return
        if checkpoint.size > log.size:
            self.damage("truncated_below_anchor" if anchor else "truncated_below_checkpoint", log.log, log.size)
            return
        if log.roots[checkpoint.size] != checkpoint.root:
            self.damage("anchor_mismatch" if anchor else "root_mismatch", log.log, at)
            return
        if declared in self.trusted:
            log.covered = max(log.covered, checkpoint.size)
            for index, old, key, when in log.rotations:
                if index < checkpoint.size and old in self.trusted:
                    self.trusted.add(key)
                    self.retired.setdefault(old, when)
        cosigners = {key for key in signed if key in self.witnesses}
        log.witnessed = max(log.witnessed, len(cosigners))

    # The whole

    def run(self):
        fleets, logs = self.open_logs()
        anchors = []
        for data in self.anchors:
            try:
                anchors.append(Checkpoint(data))
            except Malformed:
                self.damage("malformed_anchor", None)
        # Trust follows rotations, and a log of checkpoints may be signed by a key a call log introduced.
        for log in logs + fleets:
            notes = list(self.read_notes(log))
            self.read_opening(log)
            self.walk(log)
            if self.given and log.opened_with is not None and log.opened_with not in self.trusted:
                self.damage("untrusted_key", log.log, 0)
            self.check_notes(log, notes)
            for anchor in anchors:
                if anchor.origin == log.origin:
                    self.check_claim(log, anchor, "anchor")
            self.check_end(log, notes)
        known = {log.origin for log in logs + fleets}
        for anchor in anchors:
            if anchor.origin not in known:
                self.damage("anchor_log_missing", None)
        self.check_links(fleets)
        self.check_links(logs)
        self.check_bindings(fleets, logs)
        self.check_retired(logs)
        return self.report(fleets, logs)

    def check_end(self, log, notes):
        if log.size == 0:
            return
        if not notes:
            if not log.closed:
                self.notice("no_checkpoint", log.log)
            elif self.strict:
                self.damage("unsigned_close", log.log)
            else:
                self.notice("closed_without_checkpoint", log.log)
        elif log.closed and log.covered < log.size and self.given:
            self.notice("uncovered_tail", log.log)

    def check_links(self, logs):
        by_id = {log.link_id: log for log in logs}
        for log in logs:
            link = log.predecessor
            if link is None:
                continue
            other = by_id.get(link["log"])
            if other is None:
                self.damage("predecessor_missing", log.log, 0)
            elif other.roots.get(int(link["size"]), b"").hex() != link["root"]:
                self.damage("predecessor_mismatch", log.log, 0)

    def check_bindings(self, fleets, logs):
        by_id = {log.id: log for log in logs}
        bound = set()
        for fleet in fleets:
            for claim, seq in fleet.bound:
                log = by_id.get(claim["log"])
                size = int(claim["size"])
                bound.add(claim["log"])
                if log is None:
                    self.damage("bound_log_missing", fleet.log, seq)
                elif size > log.size:
                    self.damage("truncated_below_bound", fleet.log, seq)
                elif log.roots[size].hex() != claim["root"]:
                    self.damage("bound_root_mismatch", fleet.log, seq)
        if fleets:
            for log in logs:
                if log.closed and log.id not in bound:
                    self.notice("unbound_log", log.log)

    def check_retired(self, logs):
        for log in logs:
            when = self.retired.get(log.opened_with)
            if when is not None:
                born = int(log.id[:8] + log.id[9:13], 16)
                if born > datetime.fromisoformat(when.replace("Z", "+00:00")).timestamp() * 1000:
                    self.notice("retired_key", log.log)

    def report(self, fleets, logs):
        damages = [f for f in self.findings if f["severity"] == "damage"]
        with_records = [log for log in logs if log.size > 0]
        if damages:
            verdict = "tampered"
        elif not with_records:
            verdict = "unreadable"
        else:
            verdict = "intact"
        level = None
        if verdict == "intact":
            level = "L0"
            if self.given and all(log.covered > 0 for log in with_records):
                level = "L1"
                if self.witnesses and all(log.witnessed >= self.quorum for log in with_records):
                    level = "L3"
        order = sorted(damages, key=lambda f: (f["log"] or "", f["seq"] is None, f["seq"] or 0))
        return {
            "verdict": verdict,
            "level": level,
            "records": sum(log.size for log in logs),
            "logs": [{"log": log.log, "records": log.size, "head": log.head and log.head.hex()} for log in logs],
            "first_bad": order[0] if order else None,
            "findings": self.findings,
        }


class Pairing:
    """Decisions and outcomes of a log, by call id, oldest first."""

    def __init__(self, verification, log):
        self.out, self.log = verification, log
        self.waiting, self.count, self.refused = {}, 0, {}
        self.overflown = False

    def observe(self, record, seq):
        call, kind, status = record["call_id"], record["kind"], record["execution_status"]
        if kind == "decision":
            decision = record["policy_decision"]
            may_run = status == "pending" and (decision["effect"] == "allow" or decision["mode"] == "audit")
            if may_run:
                self.waiting.setdefault(call, []).append(seq)
                self.count += 1
                if self.count > MAX_WAITING and not self.overflown:
                    self.overflown = True
                    self.out.damage("too_many_open_decisions", self.log.log, seq)
            else:
                self.refused.pop(call, None)
                self.refused[call] = True
                if len(self.refused) > MAX_WAITING:
                    del self.refused[next(iter(self.refused))]
        elif kind == "outcome":
            if self.waiting.get(call):
                if status != "pending":
                    self.end_wait(call)
            elif call in self.refused:
                if status not in ("not_executed", "pending"):
                    self.out.damage("executed_without_allow", self.log.log, seq)
            else:
                self.out.damage("orphan_outcome", self.log.log, seq)
        elif kind == "recovery" and call is not None and self.waiting.get(call):
            self.end_wait(call)

    def end_wait(self, call):
        self.waiting[call].pop(0)
        self.count -= 1
        if not self.waiting[call]:
            del self.waiting[call]

    def end(self):
        for seqs in self.waiting.values():
            for seq in seqs:
                self.out.notice("open_decision", self.log.log, seq)


def declared_key(body):
    vkey = body.get("public_key")
    try:
        key = parse_vkey(vkey) if isinstance(vkey, str) else None
    except Malformed:
        return None
    return key if key is not None and key.kind == ED25519 else None


def listing(folder):
    try:
        return sorted(os.listdir(folder))
    except FileNotFoundError:
        return []


def numbered(folder, suffix):
    """The files named by 16 digits, by number. Other files are not part of the trail."""
    names = [name for name in listing(folder) if re.fullmatch(r"[0-9]{16}" + re.escape(suffix), name)]
    return [(int(name[:16]), os.path.join(folder, name)) for name in names]


def read_file(path):
    with open(path, "rb") as file:
        return file.read()


def read_keys(path):
    keys = [parse_vkey(line) for line in read_file(path).decode().split("\n") if line.strip() != ""]
    if not keys:
        raise Malformed(f"{path} holds no vkey")
    return keys


def verify(folder, keys, anchors=(), witnesses=(), quorum=None, strict=False):
    """The report on one trail. Keys and witnesses are vkey files, anchors are note files."""
    witness_keys = [key for path in witnesses for key in read_keys(path)]
    return Verification(
        folder,
        [key for path in keys for key in read_keys(path)],
        [read_file(path) for path in anchors],
        witness_keys,
        len(witness_keys) if quorum is None else quorum,
        strict,
    ).run()


def main():
    if sys.argv[1:] == ["--many"]:
        # One request a line: the arguments of `verify` as JSON; one report a line.
        for line in sys.stdin:
            print(json.dumps(verify(**json.loads(line))), flush=True)
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    for option in ("key", "anchor", "witness"):
        parser.add_argument(f"--{option}", action="append", default=[])
    parser.add_argument("--quorum", type=int)
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    try:
        report = verify(args.folder, args.key, args.anchor, args.witness, args.quorum, args.strict)
    except (OSError, ValueError, Malformed) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps(report))
    else:
        print(f"{report['verdict']} {report['level'] or ''} {report['records']} records".replace("  ", " "))
        for finding in report["findings"]:
            place = f" in {finding['log']}" if finding["log"] else ""
            place += f" at {finding['seq']}" if finding["seq"] is not None else ""
            print(f"{finding['severity']}: {finding['kind']}{place}")
    return {"intact": 0, "tampered": 1, "unreadable": 2}[report["verdict"]]


if __name__ == "__main__":
    # A forger's line may nest as deep as 65 535 bytes allow; a deeper stack reads it rather than refusing it.
    sys.setrecursionlimit(200_000)
    threading.stack_size(512 * 1024 * 1024)
    code = [2]

    def run():
        try:
            code[0] = main()
        except SystemExit as end:  # argparse: --help, or wrong usage
            code[0] = end.code

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    sys.exit(code[0])
