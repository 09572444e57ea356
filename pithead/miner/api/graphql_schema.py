"""The part of the machine's GraphQL that clients ask for, in the schema's own language.

Names and types are those of live machines, of firmware 25.05; older clients' `temperature` of the
summary is kept. Counts that outgrow 32 bits are `BigInt` here.
"""

from dataclasses import dataclass

from graphql import GraphQLResolveInfo, GraphQLSchema, build_schema

_SCHEMA = """
scalar BigInt
scalar Timestamp
scalar Void

type Query { events: EventQuery! bos: BosQuery! bosminer: BosminerQuery! }
type Mutation { auth: Auth! bos: BosMutation! bosminer: BosminerMutation! }

interface Error { message: String! }
type VoidResult { void: Void! }

type Auth {
  login(username: String!, password: String!): AuthResult!
  logout: AuthResult!
  extend: AuthResult!
}
type AuthError implements Error { message: String! }
union AuthResult = VoidResult | AuthError

enum AppealKind { INFO SUCCESS WARNING ERROR }
type Appeal { id: ID! kind: AppealKind! timestamp: Timestamp! message: String! }
type EventQuery { appeals: [Appeal!]! }

enum LogTarget { DMESG SYSLOG BOSMINER BOSER MONITOR }
enum BosMode { SD NAND EMMC UPGRADE RECOVERY }
type BosVersion { full: String! isPlus: Boolean! }
type BosInfo {
  mode: BosMode!
  version: BosVersion!
  controlBoardSocFamily: String!
  platform: String!
}
type BosTimezone { id: String! }
type BosUptime { since: Timestamp! durationS: Int! }
type BosQuery {
  hostname: String
  macAddress: String
  uptime: BosUptime
  logTargets: [LogTarget!]!
  log(target: LogTarget!): [String!]!
  hwid: String
  serialNumber: String
  info: BosInfo!
  faultLight: Boolean!
  timezone: BosTimezone!
  timezoneList: [BosTimezone!]!
}
type BosError implements Error { message: String! }
type BosFaultLight { enabled: Boolean! }
union BosResult = VoidResult | BosError
type BosMutation {
  reboot: BosResult!
  setPassword(newPassword: String): BosResult!
  setFaultLight(enable: Boolean!): BosFaultLight!
  setTimezone(timezone: String!): BosResult!
  factoryReset: BosResult!
}

type RealHashrate {
  mhsAv: Float! mhs5S: Float! mhs15S: Float! mhs30S: Float! mhs1M: Float! mhs5M: Float!
  mhs15M: Float! mhs30M: Float! mhs1H: Float! mhs24H: Float! mhsSinceRestart: Float!
}
enum TemperatureType { MAX_CHIP MAX_BOARD AMBIENT UNDEFINED INLET OUTLET CONTROL_BOARD }
type Temperature { name: TemperatureType! degreesC: Float }
type HwDetails {
  chips: Int
  frequencyMhz: Float
  voltageV: Float
  hbSerialNumber: String
  hashboardName: String
  chipType: String
}
type PowerInfo { limitW: Int approxConsumptionW: Int efficiencyWMhs: Float }
type WorkSolverInfo {
  name: String!
  nominalMhs: Float!
  realHashrate: RealHashrate!
  hwDetails: HwDetails
  power: PowerInfo
  temperatures: [Temperature!]
  childSolvers: [WorkSolverInfo!]
}
type FanInfo { name: String! speed: Int! rpm: Int! }
type SharesInfo {
  acceptedDifficulty: BigInt! acceptedSolutions: Int!
  rejectedDifficulty: BigInt! rejectedSolutions: Int!
  staleDifficulty: BigInt! staleSolutions: Int!
}
enum PoolStatus { DISABLED DEAD ALIVE }
type PoolInfo {
  url: String!
  user: String!
  status: PoolStatus!
  active: Boolean!
  shares: SharesInfo!
  lastDifficulty: Float!
  generatedWork: BigInt!
  bestShare: BigInt!
}
type GroupInfo { name: String! pools: [PoolInfo!]! }
enum TunerStatus { DISABLED STABLE RUNNING FAILED }
type SummaryInfo {
  realHashrate: RealHashrate!
  poolStatus: PoolStatus!
  shares: SharesInfo!
  foundBlocks: Int!
  bestShare: BigInt!
  power: PowerInfo
  tunerStatus: TunerStatus
  temperatureChip: Temperature
  temperature: Temperature
}
type BosminerInfo {
  modelName: String!
  poolGroups: [GroupInfo!]!
  summary: SummaryInfo!
  workSolver: WorkSolverInfo!
  fans: [FanInfo!]
}

enum TunerMode { POWER_TARGET HASHRATE_TARGET }
type Autotuning {
  enabled: Boolean
  mode: TunerMode
  powerTarget: Int
  hashrateTarget: Float
}
type QuotaStrategy { quota: Int! }
type FixedShareRatioStrategy { fixedShareRatio: Float! }
union LoadBalanceStrategy = QuotaStrategy | FixedShareRatioStrategy
type PoolConfig { id: ID! enabled: Boolean url: String! user: String! password: String }
type GroupConfig {
  id: ID!
  name: String!
  strategy: LoadBalanceStrategy
  pools: [PoolConfig!]!
}
type BosminerConfig { autotuning: Autotuning groups: [GroupConfig!]! }
type BosminerConfigError implements Error { message: String! }
union BosminerConfigResult = BosminerConfig | BosminerConfigError
type UsizeMetadata { default: Int! min: Int max: Int unit: String }
type AutotuningMetadata { powerTarget: UsizeMetadata! }
type BosminerMetadata { autotuning: AutotuningMetadata }
type BosminerUptime { since: Timestamp! durationS: Int! }
type BosminerQuery {
  info: BosminerInfo!
  uptime: BosminerUptime
  metadata: BosminerMetadata!
  config: BosminerConfigResult!
}

input AutotuningIn { mode: TunerMode powerTarget: Int hashrateTarget: Float }
type AutotuningOut { autotuning: Autotuning }
type AutotuningError implements Error { message: String! }
type AttributeError implements Error { message: String! }
union AutotuningResult = AutotuningOut | AutotuningError | AttributeError
input PoolConfigIn { enabled: Boolean url: String! user: String! password: String }
input Group {
  id: ID
  name: String
  quota: Int
  fixedShareRatio: Float
  pools: [PoolConfigIn!]
}
type GroupList { groups: [GroupConfig!]! }
type GroupListError implements Error { message: String! }
union GroupListResult = GroupList | GroupListError | AttributeError
type BosminerConfigurator {
  updateGroups(groups: [Group!]!): GroupListResult!
  updateAutotuning(input: AutotuningIn!, apply: Boolean!): AutotuningResult!
}
type BosminerError { message: String! }
union BosminerResult = VoidResult | BosminerError
type BosminerMutation {
  config: BosminerConfigurator!
  start: BosminerResult!
  stop: BosminerResult!
  restart: BosminerResult!
}
"""


@dataclass(slots=True)
class Visit:
    """One request: who makes it, and what becomes of their login."""

    authorization: str | None
    """What opens the machine, if it does."""
    is_known: bool
    """Whether it does."""
    new_token: str | None = None
    """Given by a login; an empty one ends it."""


Info = GraphQLResolveInfo[Visit]

SCHEMA: GraphQLSchema = build_schema(_SCHEMA)

OPEN = frozenset(
    {
        ("Query", "bos"), ("BosQuery", "info"), ("BosInfo", "version"),
        ("BosVersion", "full"), ("BosVersion", "isPlus"),
        ("Query", "bosminer"), ("BosminerQuery", "info"), ("BosminerInfo", "modelName"),
        ("Mutation", "auth"), ("Auth", "login"),
        ("VoidResult", "void"), ("AuthError", "message"),
    }
)  # fmt: skip
"""Fields that need no login: how clients find out what stands before them."""
