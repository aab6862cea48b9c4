/** The services' tests run on the whole cloud, which the services themselves know nothing of: this file is not built. */
export { createTestCloud, type TestCloud } from "../../cloud/src/testing.js";
