# Spack's recipe for gdmpi, for Spack 1.0 or later. In the folder of the
# archive that `make dist` makes,
#
#     spack repo create my-packages   # this file goes to its packages/gdmpi/
#     spack repo add my-packages
#     spack install --no-checksum gdmpi
import os

from spack_repo.builtin.build_systems.autotools import AutotoolsPackage

from spack.package import depends_on, license, version


class Gdmpi(AutotoolsPackage):
    """Trains dense networks and linear models by gradient descent on CPU
    clusters, with the same bits on any number of MPI ranks."""

    # There is no address to fetch it from.
    manual_download = True
    url = f"file://{os.getcwd()}/gdmpi-0.1.0.tar.xz"

    license("BSD-3-Clause")

    version("0.1.0")

    depends_on("c", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("mpi")
    depends_on("openblas")  # its cblas.h, and the call that sets its threads
    depends_on("hdf5")
    depends_on("libinih")
    depends_on("zlib-api")
    depends_on("random123")
    depends_on("cmocka", type=("build", "test"))  # configure asks for it

    def configure_args(self):
        return [f"CC={self.spec['mpi'].mpicc}"]
