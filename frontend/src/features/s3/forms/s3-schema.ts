import * as z from "zod/mini";
import { optionalNumber } from "@/lib/optional-number";

const required = (what: string, max = 255) =>
  z
    .string()
    .check(z.trim(), z.minLength(1, `Enter ${what}.`), z.maxLength(max, `At most ${max} characters.`));

/** `keysStored`: both keys are kept on the server already and may be left empty; `customerKeyStored` likewise. */
export function s3Schema(keysStored: boolean, customerKeyStored = false) {
  const key = (what: string) => (keysStored ? z.string().check(z.trim()) : required(what));
  return z
    .object({
      name: required("a name", 200),
      endpoint: z.string().check(z.trim()),
      region: required("a region, for example us-east-1", 100),
      bucket: required("the bucket's name"),
      accessKey: key("the access key id"),
      secretKey: key("the secret access key"),
      pathPrefix: z.string().check(z.trim(), z.maxLength(500, "At most 500 characters.")),
      pathStyle: z.boolean(),
      allowHttp: z.boolean(),
      sseMode: z.enum(["none", "SSE-S3", "SSE-KMS", "SSE-C"]),
      kmsKeyId: z.string().check(z.trim()),
      customerKey: z.string().check(z.trim()),
      tagObjects: z.boolean(),
      objectLockMode: z.enum(["", "GOVERNANCE", "COMPLIANCE"]),
      objectLockDays: optionalNumber(1, 36_500, "days"),
      deleteVersions: z.boolean(),
      uploadLimit: optionalNumber(64, 100_000_000, "kB/s"),
      downloadLimit: optionalNumber(64, 100_000_000, "kB/s"),
      storageClass: z.string().check(z.trim()),
      enabled: z.boolean(),
      isDefault: z.boolean(),
    })
    .check(
      z.superRefine((values, context) => {
        if (values.endpoint && !/^https?:\/\/[^/\s]+/i.test(values.endpoint)) {
          context.addIssue({
            code: "custom",
            path: ["endpoint"],
            message: "An endpoint is a URL, for example https://s3.example.com.",
          });
        }
        if (values.sseMode === "SSE-KMS" && !values.kmsKeyId) {
          context.addIssue({ code: "custom", path: ["kmsKeyId"], message: "SSE-KMS needs the id of a key." });
        }
        if (values.sseMode === "SSE-C" && !(values.customerKey || customerKeyStored)) {
          context.addIssue({
            code: "custom",
            path: ["customerKey"],
            message: "SSE-C needs a key of your own.",
          });
        }
        if (values.objectLockMode && !values.objectLockDays) {
          const message = "Say for how many days objects are locked.";
          context.addIssue({ code: "custom", path: ["objectLockDays"], message });
        }
      }),
    );
}

export type S3Values = z.infer<ReturnType<typeof s3Schema>>;

export const NEW_S3: S3Values = {
  name: "",
  endpoint: "",
  region: "us-east-1",
  bucket: "",
  accessKey: "",
  secretKey: "",
  pathPrefix: "",
  pathStyle: false,
  allowHttp: false,
  deleteVersions: false,
  sseMode: "none",
  kmsKeyId: "",
  customerKey: "",
  tagObjects: true,
  objectLockMode: "",
  objectLockDays: "",
  uploadLimit: "",
  downloadLimit: "",
  storageClass: "",
  enabled: true,
  isDefault: false,
};

export const S3_FIELDS = Object.keys(NEW_S3);
