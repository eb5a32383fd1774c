package bounds

import (
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/types"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/project"
)

// Bounds of docker's weights.
const leastWeight, mostWeight = 10, 1000

// blockIO converts blkio_config. Devices are looked up here, where a wrong one has a
// line.
func (b *converter) blockIO(c *types.BlkioConfig) error {
	if c == nil {
		return nil
	}
	to := &b.r.BlkIO
	if err := b.weight(c.Weight, "weight"); err != nil {
		return err
	}
	to.Weight = c.Weight
	for _, d := range c.WeightDevice {
		if err := b.weight(d.Weight, "weight_device"); err != nil {
			return err
		}
		dev, err := b.device(d.Path, "weight_device")
		if err != nil {
			return err
		}
		to.WeightDevice = append(to.WeightDevice, project.DeviceWeight{BlockDevice: dev, Weight: d.Weight})
	}
	for _, list := range []struct {
		key  string
		from []types.ThrottleDevice
		to   *[]project.DeviceRate
	}{
		{"device_read_bps", c.DeviceReadBps, &to.ReadBps}, {"device_write_bps", c.DeviceWriteBps, &to.WriteBps},
		{"device_read_iops", c.DeviceReadIOps, &to.ReadIOps}, {"device_write_iops", c.DeviceWriteIOps, &to.WriteIOps},
	} {
		for _, d := range list.from {
			dev, err := b.device(d.Path, list.key)
			if err != nil {
				return err
			}
			if d.Rate < 0 {
				return b.fault("blkio_config."+list.key, "write 0 for no limit", fmt.Sprintf("%s: a negative rate", d.Path))
			}
			*list.to = append(*list.to, project.DeviceRate{BlockDevice: dev, Rate: uint64(d.Rate)})
		}
	}
	b.wrote("blkio_config")
	return nil
}

func (b *converter) weight(w uint16, key string) error {
	if w != 0 && (w < leastWeight || w > mostWeight) {
		return b.fault("blkio_config."+key, fmt.Sprintf("write %d to %d", leastWeight, mostWeight), fmt.Sprintf("a weight of %d is not possible", w))
	}
	return nil
}

// device finds out the number of a block device. The kernel wants whole disks.
func (b *converter) device(file, key string) (project.BlockDevice, error) {
	dev := project.BlockDevice{Path: file}
	if b.src.Tolerant() {
		return dev, nil
	}
	bad := func(hint, message string) (project.BlockDevice, error) {
		return dev, b.fault("blkio_config."+key, hint, message)
	}
	if !path.IsAbs(file) {
		return bad("write the file of a disk: /dev/sda", fmt.Sprintf("%q is not an absolute path", file))
	}
	var st unix.Stat_t
	if err := unix.Stat(file, &st); err != nil {
		return bad("lsblk -p shows the disks of this machine", fmt.Sprintf("%s: %v", file, err))
	}
	if st.Mode&unix.S_IFMT != unix.S_IFBLK {
		return bad("lsblk -p shows the disks of this machine", file+" is no block device")
	}
	dev.Major, dev.Minor = int64(unix.Major(st.Rdev)), int64(unix.Minor(st.Rdev))
	sys := fmt.Sprintf("/sys/dev/block/%d:%d", dev.Major, dev.Minor)
	if _, err := os.Stat(sys + "/partition"); err == nil {
		disk := "the disk"
		if to, err := os.Readlink(sys); err == nil {
			disk = "/dev/" + filepath.Base(filepath.Dir(to))
		}
		return bad("write "+disk, file+" is a partition, and limits are those of whole disks")
	}
	return dev, nil
}
