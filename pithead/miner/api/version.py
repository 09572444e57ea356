"""Which versions of the two APIs this firmware speaks."""

from pithead.bos.version import ApiVersion, ApiVersionRequest, ApiVersionService, RestVersion

REST_VERSION = RestVersion(major=1, minor=7, patch=0)
REST_VERSION_TEXT = ".".join(
    str(part) for part in (REST_VERSION.major, REST_VERSION.minor, REST_VERSION.patch)
)
GRPC_VERSION = ApiVersion(major=1, minor=11, patch=0)


class Version(ApiVersionService):
    async def get_api_version(self, request: ApiVersionRequest) -> ApiVersion:
        return GRPC_VERSION

    async def get_rest_version(self, request: ApiVersionRequest) -> RestVersion:
        return REST_VERSION
