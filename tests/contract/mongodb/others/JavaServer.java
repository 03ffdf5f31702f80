import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.util.List;

/** A MongoDB server written by others, in memory, on a free port; it ends with its input. */
public class JavaServer {
    /** It calls itself wire version 8, which today's clients refuse; what they send, it reads. */
    private static class Readable implements MongoVersion {
        public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        public int getWireVersion() {
            return 9;
        }
    }

    public static void main(String[] arguments) throws Exception {
        MemoryBackend backend = new MemoryBackend();
        backend.version(new Readable());
        MongoServer server = new MongoServer(backend);
        System.out.println("port " + server.bind().getPort());
        System.out.flush();
        while (System.in.read() >= 0) {}
        server.shutdownNow();
    }
}
