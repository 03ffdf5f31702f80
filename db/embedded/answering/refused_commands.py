"""MongoDB's commands that are refused by name: why, and with which code."""

from db.embedded.answering.requests import Request
from db.embedded.errors import Refusal
from db.embedded.values import Document

_NO_REPLICATION = (76, "not running with --replSet")
_NO_USERS = (238, "the embedded database has no users: it listens on this machine alone")
_ATLAS = (31082, "search indexes exist on MongoDB Atlas alone")
_NO_TRANSACTION = (20, "Transaction numbers are only allowed on a replica set member or mongos")
_STANDALONE = (51300, "'{name}' is not supported on standalone nodes.")
_NOT_YET = (238, "the command {name} is not implemented by the embedded database")

_NAMES: dict[tuple[int, str], str] = {
    _NO_REPLICATION: "replSetGetStatus replSetGetConfig replSetInitiate replSetReconfig "
    "replSetStepDown replSetFreeze replSetMaintenance replSetSyncFrom",
    _NO_USERS: "createUser updateUser dropUser dropAllUsersFromDatabase grantRolesToUser "
    "revokeRolesFromUser createRole updateRole dropRole dropAllRolesFromDatabase "
    "grantPrivilegesToRole revokePrivilegesFromRole grantRolesToRole revokeRolesFromRole "
    "invalidateUserCache",
    _ATLAS: "createSearchIndexes updateSearchIndex dropSearchIndex listSearchIndexes",
    _NO_TRANSACTION: "commitTransaction abortTransaction",
    _STANDALONE: "getDefaultRWConcern setDefaultRWConcern",
    _NOT_YET: "bulkWrite mapReduce top lockInfo convertToCapped cloneCollectionAsCapped clone "
    "cloneCollection compact reIndex fsync fsyncUnlock logRotate setParameter "
    "setFeatureCompatibilityVersion setProfilingLevel planCacheClear planCacheClearFilters "
    "planCacheListFilters planCacheSetFilter killAllSessions killAllSessionsByPattern "
    "listLocalSessions connPoolStats dbHash setIndexCommitQuorum analyze geoSearch "
    "rotateCertificates setAuditConfig getAuditConfig autoCompact",
}
REFUSED: dict[str, tuple[int, str]] = {
    name: (code, text.format(name=name))
    for (code, text), names in _NAMES.items()
    for name in names.split()
}
_BY_LOWER_NAME = {name.lower(): refusal for name, refusal in REFUSED.items()}


def is_refused(name: str) -> bool:
    """Known, and refused."""
    return name.lower() in _BY_LOWER_NAME


def refuse(request: Request) -> Document:
    """Say why."""
    raise Refusal(*_BY_LOWER_NAME[request.name.lower()])
