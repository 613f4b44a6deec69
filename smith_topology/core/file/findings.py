"""What can be wrong with a file, each declared once. What is wrong in one case (``report.Fault``) adds detail and fix."""

from __future__ import annotations

from smith_topology.core.model import Finding

NO_FILE = Finding.refusal(
    "no-file",
    "No file",
    "There is no such file, or no `*.yaml` in the directory. Never taken for a file that declares nothing.",
    "Name another with `-f`, or write one: `smith-topo init`.",
)
UNREADABLE = Finding.error(
    "unreadable",
    "File can't be read",
    "The file can't be read.",
    "Give this user the right to.",
)
NOT_A_FILE = Finding.error(
    "not-a-file",
    "Not a regular file",
    "A pipe, socket or device, or a file below `/proc` or `/sys`.",
    "Send it to standard input: `-f -`.",
)
TOO_LARGE = Finding.error(
    "too-large",
    "The file is too large",
    "More than 16 MiB, or too many values once aliases are written out.",
    "Split it into several files.",
)
BAD_ENCODING = Finding.error(
    "bad-encoding",
    "Not UTF-8",
    "Not UTF-8.",
    "Save it as UTF-8.",
)
CONTROL_CHARACTER = Finding.error(
    "control-character",
    "A control character",
    "A character that can't be seen, and that YAML forbids.",
    "Delete it, or escape it in double quotes.",
)
YAML_SYNTAX = Finding.error(
    "yaml-syntax",
    "Not valid YAML",
    "Not YAML: indentation, a quote, a bracket, or text that starts with `*` or `>`.",
    "What the message says; quotes around text that starts with a special character.",
)
YAML_TAG = Finding.error(
    "yaml-tag",
    "A YAML tag",
    "A tag such as `!!str`. The field decides the type.",
    "Delete the tag.",
)
SEVERAL_DOCUMENTS = Finding.error(
    "several-documents",
    "More than one document",
    "A second document (`---`) in one file.",
    "One file for each.",
)
EMPTY_FILE = Finding.refusal(
    "empty-file",
    "The file is empty",
    "Nothing in the file: everything declared before would have to go.",
    "Write streams; to delete on purpose: `smith-topo destroy`.",
)
EMPTY_TARGET = Finding.error(
    "empty-target",
    "An empty target",
    "`target` names no cluster, no account and no domain.",
    "Name one, or leave it out.",
)
EMPTY_TOPOLOGY = Finding.refusal(
    "empty-topology",
    "No streams",
    "No stream in any file, with the same consequence.",
    "As above.",
)
TOO_DEEP = Finding.error(
    "too-deep",
    "Nested too deeply",
    "Lists and mappings nested too deeply.",
    "Close what is open.",
)
BAD_KEY = Finding.error(
    "bad-key",
    "A key that is not text",
    "A list or mapping where a key belongs.",
    "Write `key: value`.",
)
BAD_MERGE = Finding.error(
    "bad-merge",
    "Nothing to merge",
    "`<<` with something that is no mapping.",
    "Write `<<: *name`.",
)
UNKNOWN_ALIAS = Finding.error(
    "unknown-alias",
    "An alias without an anchor",
    "An alias without its anchor.",
    "Name the anchor first.",
)
RECURSIVE_ALIAS = Finding.error(
    "recursive-alias",
    "An alias inside its own anchor",
    "An alias inside its own anchor.",
    "Write it out.",
)
DUPLICATE_KEY = Finding.error(
    "duplicate-key",
    "A key written twice",
    "A key written twice in one mapping.",
    "Delete one, or join them.",
)
DUPLICATE_STREAM = Finding.error(
    "duplicate-stream",
    "A stream declared twice",
    "A stream declared in two places.",
    "Delete one, or join them.",
)
DIFFERENT_NAME = Finding.error(
    "different-name",
    "Files with different `name`",
    "Files of one topology with different `name`.",
    "Write the same one, or write it once.",
)
DIFFERENT_TARGET = Finding.error(
    "different-target",
    "Files with different `target`",
    "Files of one topology with different `target`.",
    "As above.",
)
DIFFERENT_DEFAULT = Finding.error(
    "different-default",
    "Files with different defaults",
    "Files of one topology give the same key of `defaults` different values.",
    "Write it once, or at each object that differs.",
)
MISSING_KEY = Finding.error(
    "missing-key",
    "Missing key",
    "`version`, `name`, or a required member of a block is not there.",
    "Write it.",
)
UNKNOWN_KEY = Finding.error(
    "unknown-key",
    "Unknown key",
    "No such key here; often a slip of the pen.",
    "The message proposes the key that was meant.",
)
UNKNOWN_VALUE = Finding.error(
    "unknown-value",
    "Unknown value",
    "No such word for an enum, or no such field in `ignore_changes`.",
    "The message proposes one.",
)
WRONG_TYPE = Finding.error(
    "wrong-type",
    "Wrong type",
    "A list where a text belongs, or the like.",
    "What the message says.",
)
BAD_VALUE = Finding.error(
    "bad-value",
    "Bad value",
    "A number without its unit, out of range, not a duration, not a size, not a time.",
    "What the message says.",
)
BAD_NAME = Finding.error(
    "bad-name",
    "Bad name",
    "A name that no stream or consumer can have.",
    "Leave out spaces and `. * > / \\`.",
)
BUCKET_STREAM = Finding.error(
    "bucket-stream",
    "A bucket declared as a stream",
    "`KV_…` with `$KV.` subjects, or `OBJ_…` with `$O.` subjects, declared as a plain stream: it belongs to its bucket.",
    "Delete it; buckets come with a later version.",
)
MQTT_STREAM = Finding.error(
    "mqtt-stream",
    "A stream of the server's MQTT side",
    "`$MQTT_…` declared: the server makes these streams, and keeps sessions and messages of MQTT clients in them.",
    "Delete it.",
)
EXTERNAL_FIELD = Finding.error(
    "external-field",
    "A field of an external stream",
    "A stream with `external: true` has a field: its configuration is not this topology's to declare.",
    "Delete the field, or `external`.",
)
RESERVED_KEY = Finding.error(
    "reserved-key",
    "Reserved metadata key",
    "Metadata that starts with `smith-topo.` or `_nats.`.",
    "Choose a key of your own.",
)
SECRET = Finding.error(
    "secret",
    "A secret in the file",
    "Text that looks like an nkey seed, a JWT, a key block or a URL with a password. Output never repeats such text.",
    "Delete it; credentials are given with `--creds` or `--nkey`.",
)
KNOWN_EXTRA = Finding.error(
    "known-extra",
    "A known field in `extra`",
    "A field this version knows, in `extra`, where nothing is checked.",
    "Write it as a field.",
)
EXTRA_NAME = Finding.error(
    "extra-name",
    "Name in `extra`",
    "The name of the object in `extra`.",
    "Delete it; the key is the name.",
)
MORE_ERRORS = Finding.error(
    "more-errors",
    "More errors than are shown",
    "There are more errors in the file than are shown.",
    "Correct what is shown first.",
)
DIFFERENT = {"name": DIFFERENT_NAME, "target": DIFFERENT_TARGET}
"""By the key that files disagree about."""
