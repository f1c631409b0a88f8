// @ts-check
// What the service answers; the OpenAPI description has the whole of it.

/** @typedef {"open"|"waiting"|"active"|"closed"} SessionStatus */
/** @typedef {{ kind: "anonymous"|"account", userId: string|null, name: string|null, email: string|null, locale: string|null, pageUrl: string|null }} Visitor */
/** @typedef {{ id: string, name: string|null }} OperatorIdentity */
/**
 * @typedef {object} Message
 * @property {string} id strictly increasing inside a session
 * @property {"visitor"|"operator"|"system"} sender
 * @property {string|null} senderName
 * @property {string} text
 * @property {string} sentAt
 * @property {string|null} clientMessageId
 * @property {string|null} event
 */
/**
 * @typedef {object} Session
 * @property {string} sessionId
 * @property {SessionStatus} status
 * @property {string} createdAt
 * @property {Visitor} visitor
 * @property {string|null} department
 * @property {string|null} reason
 * @property {string|null} calledAt
 * @property {OperatorIdentity|null} operator
 * @property {string|null} closedAt
 * @property {Message|null} lastMessage
 * @property {number|null} leaseSeconds
 */
/** @typedef {{ position: number, sessionId: string, visitor: Visitor, reason: string|null, department: string, calledAt: string, waitedSeconds: number, visitorSeenAt: string|null, lastMessage: Message|null }} Call */
/** @typedef {{ id: string, what: string, operator: OperatorIdentity, text: string, at: string }} Note */
/** @typedef {{ profile: unknown, trades: unknown[], source: "live"|"unavailable" }} Customer */
/** @typedef {{ session: Session, messages: Message[], hasMore: boolean, notes: Note[], customer: Customer|null, earlierSessions: Session[] }} Details */
/** @typedef {{ sessionId: string, status: SessionStatus, messages: Message[], typing: boolean, readUpTo: string|null, pageChanges: number }} News */
/** @typedef {{ waiting: number, longestWaitSeconds: number|null }} QueueSummary */
/** @typedef {{ sessions: News[], queue: QueueSummary, cursor: string, nextPollMs: number }} PollAnswer */
/** @typedef {{ shortcut: string, text: string }} CannedReply */
/** @typedef {{ id: string, name: string, online: boolean, capacity: number, held: number, departments: string[] }} Colleague */
/**
 * @typedef {object} Presence
 * @property {"online"|"away"} status
 * @property {number} capacity
 * @property {string[]} departments those served; none means all
 * @property {number} held
 * @property {number} leaseSeconds
 * @property {OperatorIdentity} operator
 * @property {boolean} supervisor
 * @property {string[]} allDepartments
 */
/** @typedef {{ count: number, medianSeconds: number|null, p90Seconds: number|null }} Spread */
/** @typedef {{ lastHour: Spread, lastDay: Spread }} Spans */
/**
 * @typedef {object} Stats
 * @property {number} waiting
 * @property {number|null} longestWaitSeconds
 * @property {number} active
 * @property {number} operatorsOnline
 * @property {Spans} wait
 * @property {Spans} firstResponse
 * @property {number|null} averageRating
 * @property {number} ratings
 */
/**
 * A message of the operator that the service has not acknowledged.
 * @typedef {object} Pending
 * @property {string} clientMessageId
 * @property {string} text
 * @property {string} at
 * @property {"sending"|"retrying"|"failed"} state
 * @property {string|null} trouble
 */

export {};
