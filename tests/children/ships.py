"""Ships a journal until it is killed: journal, address and name of the database are its words."""

import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from db.shipping import Shipper


def main() -> None:
    journal, uri, name = sys.argv[1:]
    shipper = Shipper(Path(journal), lambda: uri, name)
    shipper.start()
    sys.stdout.write("ships\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
