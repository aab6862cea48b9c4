/** What commands on the host need of a cloud: light, without the cloud itself. */
export { control, NotRunningError } from "./control-client.js";
export type { ControlRequest } from "./control-server.js";
export { dataDirectory, DataDirectoryError, isDataDirectory, makeDirectory, type DataDirectory } from "./data-directory.js";
export { launch, type LaunchedCloud } from "./launch.js";
export { lockDataDirectory, unlocked } from "./lock.js";
export { isOn, OptionError, OPTIONS, readOptions, REGIONS, type OptionName, type Options } from "./options.js";
export type { Stage, ToldEnd, ToldHop, TraceAnswer } from "./trace-answer.js";
